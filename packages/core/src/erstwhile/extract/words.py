"""Word classes of English, as people write to agents: data only, all in lower case."""

from typing import Final

__all__ = [
    "ABBREVIATIONS",
    "AFTER_IS",
    "AGENT_TALK",
    "BASE_VERBS",
    "CONVENTION_VERBS",
    "DANGLING",
    "DETERMINERS",
    "ENDING_ABBREVIATIONS",
    "FINITE",
    "FUNCTION_WORDS",
    "GOVERNING",
    "HABITS",
    "LIGHT",
    "MOODS",
    "NOT_PASTS",
    "NOT_THIRD",
    "OBJECTS",
    "OFTEN",
    "OPENERS",
    "PARTINGS",
    "PASTS",
    "PLACES",
    "POINTED_AT",
    "REPORTING",
    "STATES",
    "SUBORDINATORS",
    "UNNAMED",
    "WORK_DONE",
]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


ABBREVIATIONS: Final = _words(
    """mr mrs ms dr prof st jr sr vs etc e.g i.e eg ie approx dept est fig no inc ltd co corp gen gov capt sgt col rev hon jan feb mar apr jun jul aug
    sep sept oct nov dec mon tue tues wed thu thur thurs fri sat sun a.m p.m u.s u.k u.n e.u ph.d b.sc m.sc al cf ca ave blvd rd max min avg vol ed pp"""
)
"""What a full stop follows without ending a sentence."""

PASTS: Final = _words(
    """was were had did set went got came took made said told knew saw found gave left felt became began kept held brought wrote ran met paid sat spoke led
    grew lost sent built fell spent bought caught chose drove ate drank rode flew forgot broke woke wore won taught thought understood sold slept hit hurt
    quit cut put shut hung dug drew threw stole sang swam swore shook rose fought froze hid laid lent lit bit blew bent bound bred fed fled heard meant
    rang sank shot slid spun stood stuck struck swept tore undid overslept rebuilt rewrote redid withdrew underwent"""
)
"""Irregular simple pasts; the regular ones end in -ed."""

PARTINGS: Final = _words("""broke split resigned retired graduated divorced separated quit""")
"""Simple pasts that tell what happened to whoever says it with no other word: "We broke up"."""

NOT_PASTS: Final = _words(
    """need feed speed seed indeed embed exceed proceed succeed breed bleed weed shared red bed shed fed hundred sacred naked wicked kindred unused
    excited interested tired bored married worried supposed based allowed required related advanced detailed limited unified distributed embedded
    typed untyped nested"""
)
"""What ends in -ed and is no past of a verb, or is an adjective far more often."""

FINITE: Final = _words(
    """is are was were am be's has have had do does did will would can could should must may might shall i'm i've i'll i'd we're we've we'll we'd he's she's
    it's that's there's here's who's they're they've they'll you're you've you'll isn't aren't wasn't weren't hasn't haven't hadn't don't doesn't didn't
    won't wouldn't can't cannot couldn't shouldn't mustn't ain't let's what's"""
)
"""Auxiliaries, and what is fused with one."""

HABITS: Final = _words(
    """live work use run prefer like love hate need want own drive speak study know think believe feel enjoy plan hope intend aim play teach manage lead go
    keep have find tend see notice try wish dislike owe promise usually always never often normally generally mostly typically also really just still
    currently recently rarely seldom commit build host deploy store ship maintain support write read make get take buy sell eat drink sleep cook wake
    start stop finish pay rent commute travel train practice practise attend belong come care volunteer mentor report rely depend collect grow wear carry
    suffer struggle require expect agree remember sing dance paint draw swim hike cycle bike ski crave avoid"""
)
"""Present forms that make "I live …" or "we usually …" a statement."""

NOT_THIRD: Final = _words(
    """this is was has does as us its his yes plus less thus always perhaps besides sometimes afterwards towards unless across previous various series news
    class business process address access success glass boss pass bus gas bonus status focus basis analysis thanks lots kids sports tips ideas options
    years months weeks days hours minutes"""
)
"""What ends in -s and is hardly ever a verb in the third person."""

BASE_VERBS: Final = _words(
    """add answer apply ask assume avoid be begin book bring build call cancel change check choose cite clean clear close commit compare complete compose
    compute configure connect consider continue convert copy create debug define delete deploy describe design detail develop discuss display do
    document draft draw drop edit elaborate enable ensure escalate estimate evaluate execute expand explain export extract fetch fill find finish fix
    follow format generate get give go guess handle help highlight identify ignore implement import include install introduce keep label leave let
    limit list load log look make mark mention merge mock move name note open order organize outline paste pay pick pin plan prefer prepare print
    prioritize proceed propose provide pull push put quote rank read recap recommend recount redo refactor refer reference reformat remember remind
    remove rename render repeat rephrase replace reply report research reset respond restart return review revise rewrite roleplay round run save say
    schedule search see select send set share shorten show sign simplify skip solve sort speak specify split squash start state stay stick stop store
    submit suggest summarise summarize switch tag take talk teach tell test think track translate treat try turn type update upload use validate
    verify visit wait walk warn watch wrap write rerun retry rebuild redeploy restore revert roll notify alert assign bump bypass emit escape mask
    migrate monitor ping post reuse sanitize sync throw trim normalize archive rotate"""
)
"""Verbs that open an imperative."""

CONVENTION_VERBS: Final = _words(
    "use keep prefer avoid follow stick call address refer reply respond answer sign name format treat speak limit cite skip ask squash pin mock wrap tag round"
)
"""Imperatives that set how things are to be done, rather than ask for one thing."""

DANGLING: Final = _words(
    "it its it's it'll it'd this that that's these those they they're they've they'll their them he he's he'll his she she's she'll her him"
    " one ones such same both neither either some others"
)
"""Subjects that cannot be understood without what was said before."""

MOODS: Final = _words(
    """happy glad sorry sad excited thrilled stoked pumped tired proud sure fine ok okay good great well here back ready done curious afraid grateful
    thankful interested confused lost stuck amazed surprised impressed jealous lucky blessed honored delighted bored worried nervous kidding joking all
    right wrong so very really super pretty quite too just totally definitely absolutely not still also and or impressive amazing awesome wonderful
    fantastic nice cool awful hungry busy positive certain aware relieved touched inspired motivated"""
)
"""After "I'm", words that tell of a passing mood and no more."""

SUBORDINATORS: Final = _words(
    "if when whenever because although though since after before while unless until once as whether where wherever that given provided assuming even rather"
)
"""Words that make what follows depend on another clause."""

REPORTING: Final = _words(
    "said says told tells mentioned mentions claims claimed thinks thought believes wrote writes reported announced insists insisted argued argues suggested"
    " suggests admitted explained heard read quoted states stated reckons asked denies denied"
)
"""Verbs that give words or thoughts of somebody."""

WORK_DONE: Final = _words(
    """added adjusted applied archived assigned backed booked bumped cancelled canceled changed chosen cleared closed committed completed configured
    connected converted created cut decided deleted deployed disabled downgraded dropped enabled escalated exported extended filed finished fixed granted
    implemented imported installed issued kept launched linked marked merged migrated moved opened ordered paid paused picked pinned placed posted
    processed provisioned published pushed put refactored refunded registered removed renamed rebuilt replaced reran rerun rescheduled reset resolved
    restarted restored reverted rolled rotated saved scheduled sent set shipped started stopped stored submitted switched tagged transferred turned
    updated upgraded uploaded waived wired written wrote"""
)
"""What an agent says that it did, and that changes the state of things."""

FUNCTION_WORDS: Final = _words(
    """a an the and or but of to in on at by for with from as is are was were be been am do does did has have had will would can could should may might
    must not no never always i i'm i've i'll i'd me my we we're we've we'll our us you your he she it it's they them their his her this that these those
    there who what which when where why how if so than then too very just about into over under up down out off only please don't doesn't didn't can't
    won't isn't aren't"""
)
"""Words that make a text recognisably English, and carry no content."""

DETERMINERS: Final = _words("""a an the my our his her its their your very so more most some any no of for with to in on at by this that these those""")
"""What a noun follows, and no verb."""

OBJECTS: Final = _words("""a an the my our your his her their its all every no any me us him them it""")
"""What follows a verb and says that it is one."""

OFTEN: Final = _words("""usually always never often normally generally mostly typically also rarely still already now automatically silently""")
"""Adverbs that stand before a verb."""

AFTER_IS: Final = _words("""a an the not my our in at on from been going""")
"""What shows that "'s" stands for "is"."""

OPENERS: Final = _words("""i we my our the it it's i'm we're i've he she they this that there please always never what how can could do is""")
"""What opens a sentence after an abbreviation that ended one."""

AGENT_TALK: Final = _words(
    """explain show help provide assist walk guide give describe include summarize summarise list start begin outline break try suggest recommend need be
    use offer assume connect refer make ensure take wait keep do go share"""
)
"""What an agent says that it will do, and that is talk."""

LIGHT: Final = _words(
    """yesterday today tomorrow now soon later again already finally recently one ones thing things lot lots bit way ways time times day days stuff
    something anything everything nothing someone everyone anyone well much many more most really actually definitely probably maybe also even still
    ever back get got getting go going went make made do done doing say said see know think look sounds little guy guys man dude bro buddy yeah haha
    lol new big great good nice cool awesome amazing beautiful incredible fun special lovely wonderful fantastic better best important key happen
    happened happens interesting talked chatted spoke able pretty real tackled tried"""
)
"""Words that say too little to be what a memory is about."""

STATES: Final = _words(
    """contain cost happen serve return fail break crash hang throw lose seem appear tend consume inherit weigh expire measure cover sit reside mean
    matter cause produce feed block listen complain last equal represent involve hold stand turn become remain handle accept reject manage own
    supervise"""
)
"""Further verbs that are often met in the present tense."""

GOVERNING: Final = _words(
    """think know hope wish guess suppose imagine dreamed dreamt dream either both between neither which who whom what why how feel say tell claim mean
    pretend assume suspect doubt wonder learned realized realised noticed found turns turned because"""
)
"""Words that govern a clause of their own, with which it stands or falls."""

PLACES: Final = _words(
    """project repo repository codebase app application service package library module account device machine laptop computer phone server company team
    office workspace"""
)
"""Where a conversation may take place, or what it is about all along."""

POINTED_AT: Final = PLACES | _words(
    """week month year quarter sprint semester term season summer winter spring autumn fall weekend morning afternoon evening"""
)
"""What "this" can point at and still be known later: the place and time of the conversation itself."""

ENDING_ABBREVIATIONS: Final = _words("p.m a.m etc u.s u.k inc ltd co corp mon tue tues wed thu thur thurs fri sat sun")
"""Abbreviations that a sentence often ends with."""

UNNAMED: Final = _words("it this that them those these him her")
"""Objects that cannot be understood without what was said before."""
