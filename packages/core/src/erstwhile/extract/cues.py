"""What marks a text as a memory of one type or another: data only.

Each cue is a weight and a pattern over text in lower case with straight apostrophes, its opening words ("well,", "btw") cut off. Weights: 3 names the type
outright ("my goal is"), 2 is usual for it, 1 a hint. Gaps between words are bounded, so that matching stays linear.
"""

import re
from typing import Final

from erstwhile.model import MemoryType

__all__ = ["CUES", "NAMED", "SETTLED", "Cue"]

Cue = tuple[float, re.Pattern[str]]


def _cue(weight: float, pattern: str) -> Cue:
    return weight, re.compile(pattern)


_WHEN: Final = (
    r"(?:by|before|until|on|this|next|tonight|today|tomorrow|first thing|end of|in (?:an?|the|\d+|two|three)|within|at \d)"
    r"|(?:mon|tues|wednes|thurs|fri|satur|sun)day"
)
_KIN: Final = (
    r"(?:(?:step|half-|grand|god|ex-)?(?:mother|father|brother|sister|son|daughter|mom|mum|dad|wife|husband|child|parent|siblings?)|aunt|uncle|cousin"
    r"|niece|nephew|partner|spouse"
    r"|fianc[eé]e?|girlfriend|boyfriend|roommate|flatmate|neighbou?r|best friend|friend|boss|manager|supervisor|mentor|mentee|coach|therapist|dentist"
    r"|doctor|accountant|lawyer"
    r"|landlord|tenant|colleague|coworker|co-worker|teammate|co-?founder|assistant|twin|(?:mother|father|brother|sister)-in-law|team ?lead|tech lead"
    r"|account manager|client|customer)"
)
_DOCUMENT: Final = (
    r"(?:docs?|document|file|spreadsheet|sheet|slides?|deck|presentation|report|draft|notebook|diagram|mock-?ups?|wireframes?|design doc|spec"
    r"|specification|readme|runbook"
    r"|playbook|template|script|repo|repository|branch|pr|pull request|ticket|dashboard|recording|transcript|contract|invoice|manuscript|chapter"
    r"|essay|dataset|archive|backups?"
    r"|changelog|rfc|adr|wiki page|wiki|page|screenshots?|photos?|resume|cv|cover letter|folder|board|minutes|notes|log file|config file|schema"
    r"|proposal|checklist|guide|manual|binary|build)"
)
_WORK: Final = (
    r"(?:build|deploy(?:ment)?|migration|test|job|pipeline|request|query|import|upload|sync|script|container|install|upgrade|backup|cron"
    r"|command|app|page|login|export)s?"
)

NAMED: Final = re.compile(rf"\b[Mm]y (?:\w+ ){{0,2}}{_KIN} is (?:also )?(?:Dr\. |Mr\. |Mrs\. |Ms\. )?[A-Z]")
"""Who somebody is, by name: over the text as written, since a capital is what tells "is Tom" from "is tall"."""

SETTLED: Final = (
    _cue(
        1,
        r"\b(?:kept|honou?red|fulfilled|broke|broken|made good on|followed through on|delivered on|went back on) (?:\w+ ){0,3}(?:promise|word"
        r"|commitment|pledge|vow|resolution|obligation)",
    ),
    _cue(1, r"\b(?:as|like) (?:i |we )?(?:promised|agreed|committed)\b"),
    _cue(
        1,
        r"\b(?:promised|committed to|owed)\b.{0,60}\b(?:is|are|was|were|has been|have been) (?:now )?(?:done|finished|delivered|sent|shipped|paid"
        r"|cancell?ed|complete)",
    ),
    _cue(1, r"\b(?:sent|delivered|finished|submitted|paid|returned|shipped) (?:\w+ ){1,6}(?:i|we|he|she|they|\w+) (?:had )?(?:promised|owed|committed to)"),
    _cue(1, r"\b(?:called|calling|backed|backing|pulled|pulling) (?:\w+ ){0,5}(?:off|out)\b"),
    _cue(1, r"\b(?:cancell?ed|scrapped|abandoned|dropped|shelved|ditched|withdrew|gave up|given up|giving up)\b(?! (?:by|off at))"),
    _cue(
        1,
        r"\b(?:achieved|accomplished|reached|hit|met|attained|exceeded|surpassed|smashed|missed) (?:\w+ ){0,3}(?:goal|target|milestone|objective"
        r"|quota|dream|deadline|okrs?|kpis?)",
    ),
    _cue(
        1,
        r"\b(?:goal|target|milestone|objective|dream|promise|commitment|pledge)s? (?:\w+ ){0,8}?(?:is|was|were|has been|are) (?:now |finally "
        r"|already )?(?:off|reached|met|achieved|done|over|dead|fulfilled|kept|dropped|cancell?ed|complete|accomplished)",
    ),
    _cue(1, r"\b(?:no longer|not|never|don't|doesn't|isn't|aren't|won't|didn't)\b.{0,80}\b(?:after all|any ?more|any longer)$"),
    _cue(
        1,
        r"\bno longer (?:want|wants|plan|plans|planning|aim|aiming|trying|going|hoping|pursuing|intend|intends|have to|need to|owe|owes|committed"
        r"|obliged)\b",
    ),
    _cue(1, r"\b(?:finally )?paid off (?:\w+ ){0,4}(?:loan|debt|mortgage|card)"),
)
"""A commitment kept or called off, a goal reached or dropped: what happened, and no longer something to do."""

CUES: Final[dict[MemoryType, tuple[Cue, ...]]] = {
    MemoryType.INSTRUCTION: (
        _cue(4, r"^(?:please )?(?:always|never|don't ever|do not ever|from now on|going forward|in (?:the )?future|by default|whenever)\b"),
        _cue(3, r"^(?:please |and |so |just )?(?:don't|do not|make sure|be sure|ensure|remember to|avoid|stick to|refrain)\b"),
        _cue(
            3,
            r"^(?:when|if|before|after|for|in|on|to) [^,]{2,80}, (?:please )?(?:always|never|don't|do not|use|run|ask|add|write|make|keep|check|call"
            r"|reply|answer|include|start|give|put|set)\b",
        ),
        _cue(3, r"^(?:please )?(?:call|address) (?:me|us)\b"),
        _cue(3, r"\byou (?:must|should|shouldn't|need to|have to|are not allowed|may not|can't|mustn't)\b"),
        _cue(3, r"^(?:please )?(?:reply|respond|answer|speak|talk|write)(?: to me)? (?:only )?(?:in|with|as|like)\b"),
        _cue(2.5, r"^(?!i |we |i've |the \w+ i )[^.]{0,120}\b(?:must|should) (?:always|never|not|only|be|go|have|use|follow|include|pass|start|end|stay)\b"),
        _cue(2.5, r"\bi (?:want|need|expect|would like|'d like) you to (?:\w+ ){0,2}(?:always|never|only|stop)\b"),
        _cue(
            2,
            r"\b(?:every time|each time|from now on|under no circumstances|at all times|is (?:strictly )?(?:forbidden|not allowed|mandatory|required)"
            r"|rule of thumb)\b",
        ),
        _cue(2, r"\b(?:steps?|procedure|process|way) (?:to|for) (?:\w+ ){1,6}(?:is|are)\b"),
        _cue(2, r"^(?:first|step \d|to \w+)\b.{3,80}\b(?:then|run|execute|open|click)\b"),
        _cue(2, r"^no \w+(?: \w+){0,4} (?:in|on|at|to|after|before|without|during)\b"),
    ),
    MemoryType.PREFERENCE: (
        _cue(3, r"\b(?:prefer|prefers|preferred|preference|preferences|favou?rites?|faves?)\b"),
        _cue(
            3,
            r"(?:\b(?:i|we|they|you|and \w+)(?: \w+)? (?:love|hate|dislike|adore|detest|despise|enjoy|loathe|like)\b|\b(?:loves|hates|dislikes|adores"
            r"|detests|despises|enjoys|loathes|likes)\b)(?! (?:these|those|this|that)\b)",
        ),
        _cue(
            3,
            r"\b(?:can't stand|cannot stand|don't like|doesn't like|do not like|not a fan|big fan|huge fan|am a fan|fan of|fond of|not keen|keen on"
            r"|into \w+ music|would rather|'d rather|rather have|rather than)\b",
        ),
        _cue(
            2,
            r"\b(?:don't mind|doesn't mind|appreciate|obsessed with|addicted to|partial to|not into|really into|more of an? \w+ person|sweet tooth"
            r"|a soft spot|not my thing|is my thing|a \w+ person)\b",
        ),
        _cue(
            2,
            r"\b(?:drives me (?:crazy|nuts|mad)|annoys me|bothers me|works? best for (?:me|us)|suits (?:me|us)|my go-to|the way i like|for my taste"
            r"|over \w+ any day)\b",
        ),
        _cue(2, r"\b(?:i'd|i would) (?:like|want) (?:my|the|all|any|every)\b"),
        _cue(1, r"\b(?:better than|nicer than|too (?:verbose|spicy|sweet|loud|long|formal))\b"),
    ),
    MemoryType.DECISION: (
        _cue(
            3.5,
            r"\b(?:decided|(?:the|my|our|final|made an?|a) (?:\w+ )?decision (?:is|was|to|on)|decision:|deciding (?:on|to)|settled on|have chosen"
            r"|chose|opted|opting|made up (?:my|our) minds?|final call|resolved to)\b",
        ),
        _cue(
            3.5,
            r"\b(?:going with|went with|go with|gone with|sticking with|stick with|standardi[sz]e on|standardi[sz]ing on|green-?lit|signed off on"
            r"|ruled out)\b",
        ),
        _cue(
            3,
            r"\b(?:agreed|voted|picked(?! up)|elected|chosen|concluded|approved|selected|greenlighted)(?: (?:\w+ ){0,3})?(?:on|to|that|for|over|as"
            r"|the|a|using|not)?\b",
        ),
        _cue(
            3,
            r"^(?:let's|we'll|i'll|we will|i will|we're going to) (?:\w+ )?(?:use|go|adopt|switch|stick|keep|drop|stay|move forward|target|support"
            r"|skip|postpone|base|build on)\b",
        ),
        _cue(
            3,
            r"\bwe(?:'re| are) (?:switching|moving|migrating|adopting|dropping|replacing|standardizing|postponing|ditching"
            r"|deprecating)\b.{0,60}\b(?:to|from|in favou?r|instead|with|until|for)\b",
        ),
        _cue(3.2, r"^i think (?:i\'ll|i will|we\'ll|we will|i\'m going to)\b"),
        _cue(2.8, r"^(?:switching|moving|migrating|adopting|using|dropping|replacing|sticking|going|keeping|standardi[sz]ing|deferring|postponing)\b"),
        _cue(2, r"\b(?:instead of|in favou?r of|over the alternative|rather than)\b"),
        _cue(2, r"\bwill be (?:\w+ )?(?:using|replacing|moving|based on|written in)\b"),
        _cue(2, r"\b(?:plan of record|after (?:weighing|comparing|evaluating|much thought|some thought|a long discussion)|i've opted|verdict)\b"),
    ),
    MemoryType.COMMITMENT: (
        _cue(3.5, r"\b(?:i|we|i've|we've|he|she|they|\w+) (?:have |has |had |also |just )?(?:promised?|promises|pledged|vowed|swore|committed|guaranteed?)\b"),
        _cue(3.5, r"^(?:committing|committed|promised|promising|pledging|owe|signed up) \b"),
        _cue(
            3.5,
            r"\b(?:on the hook|my word|you have my|obligated|obliged|am responsible for|'m responsible for|count on me|owes?|owed|commitments?"
            r"|signed up to|volunteered to|agreed to (?:deliver|send|help|pay|review|bring))\b",
        ),
        _cue(3, rf"\b(?:i'll|we'll|i will|we will|i'm going to|we're going to|i am going to|i shall|\w+ will|\w+'ll)\b.{{1,120}}\b(?:{_WHEN})"),
        _cue(2.7, r"(?:^|, |and |but )(?:i'll|i will|we'll|we will|i shall|will) (?!be able|need|have to|probably)\w+"),
        _cue(3, rf"\b(?:have to|has to|need to|needs to|must|got to|gotta|supposed to|due to|required to|bound to)\b.{{1,100}}\b(?:{_WHEN})"),
        _cue(2.2, r"\b(?:i|we|i've|we've) (?:still |also |really )?(?:(?:have|need|got) to|must) (?!admit|say|be\b)\w+"),
        _cue(3, r"\b(?:is|are|it's) due\b|\bdeadline\b|\bdue (?:by|on|date|next|this|tomorrow|friday|monday)\b"),
        _cue(3, r"^(?:please )?(?:remind me|don't let me forget)\b"),
        _cue(2.6, r"\b(?:i|we) (?:will|shall) (?!be able)\w+"),
        _cue(2, r"\b(?:will|shall) (?:deliver|send|submit|pay|finish|follow up|get back|report back|cover|take care|handle|return|complete|share|provide)\b"),
    ),
    MemoryType.GOAL: (
        _cue(
            4,
            r"\b(?:(?:my|our|his|her|their|the|a|\w+'s)(?: [\w-]+){0,2} (?:goals?|objectives?|aims?|ambitions?|dreams?|targets?|mission|okrs?"
            r"|resolution)|(?:goal|target|aim|objective) (?:is|for|of)|aim(?:s|ing)? (?:to|for|at)|dream(?:s|ing)? (?:of|about)|bucket list|north star"
            r"|aspir\w+)\b",
        ),
        _cue(
            3.5,
            r"\b(?:hope|hopes|hoping|want|wants|wanna|wanted|would love|'d love|would like|'d like|wish|wishes|intend|intends|intending|plan|plans"
            r"|planning|eager|determined|looking) to (?!know|say|ask|see (?:if|what|how)|hear|thank|you\b)",
        ),
        _cue(3, r"\b(?:trying|working|training|saving(?: up)?|studying|preparing|striving|pushing|learning) (?:hard )?(?:to|towards?|for) (?:\w+)"),
        _cue(
            2.5,
            r"\b(?:thinking (?:of|about)|considering|looking into|someday|one day|eventually|by the end of (?:the|this|next) (?:year|quarter|decade)"
            r"|within (?:the next )?(?:\w+ )?years|before i turn|by \d{4})\b",
        ),
        _cue(2, r"\b(?:target(?:ing)?|get (?:\w+ ){1,5}(?:down to|under|below|above|up to) \d)\b"),
        _cue(3, r"\b(?:planning|plan) (?:a|an|on|for|my|our)\b"),
        _cue(2, r"\b(?:looking to|keen to|would be (?:great|ideal) to)\b"),
    ),
    MemoryType.LEARNING: (
        _cue(
            4,
            r"\b(?:lessons?(?: (?:learned|learnt|here|is))?|takeaways?|til\b|today i learned|the hard way|in hindsight|in retrospect|the trick (?:is"
            r"|was|to)|key insight|eye-opener|the fix (?:is|was)|note to self)\b",
        ),
        _cue(
            4,
            r"\b(?:learned|learnt|realis?zed|realised|realized|discovered|figured out|found out|taught (?:me|us)|came to understand|dawned on"
            r"|now (?:i )?(?:know|understand|get))\b",
        ),
        _cue(
            4,
            r"\b(?:turns out|it turned out|turned out (?:that|to)|what (?:finally )?(?:worked|helped|fixed)|the secret (?:is|was|to)"
            r"|the root cause (?:was|is))\b",
        ),
        _cue(2, r"\b(?:it (?:is|was) (?:much |way |far )?(?:better|easier|faster|cheaper) to|only works (?:if|when)|understand now|next time)\b"),
    ),
    MemoryType.OBSERVATION: (
        _cue(4, r"\b(?:notic\w+|observ\w+|patterns?|trend(?:s|ing)?|correlat\w+|seen that|spotted that|keeps? (?:\w+ )?\w+ing|kept \w+ing)\b"),
        _cue(
            3.5,
            r"\b(?:tends? to|seems? (?:to|like|that)|appears? to|looks like|every time|each time|most of the time|more often than|almost always"
            r"|nearly always|often|usually|typically|frequently|rarely|seldom|consistently|invariably|as a rule|regularly|mostly|generally|sometimes)\b",
        ),
        _cue(
            2.5,
            r"\b(?:most (?:users|customers|people|of (?:the|our|my))|users (?:\w+ )?(?:drop|abandon|complain|skip|ignore|confuse)|more and more"
            r"|less and less|(?:on|at) (?:week)?(?:ends|days|nights|mornings)|(?:mon|tues|wednes|thurs|fri|satur|sun)days)\b",
        ),
        _cue(
            2,
            r"\b(?:slower|faster|higher|lower|worse|better|more|fewer|less) (?:\w+ ){0,3}(?:when|on|after|during|than|in the (?:morning|evening"
            r"|afternoon)|at night)\b",
        ),
        _cue(1.6, r"\bshould (?:be|have|feel)\b"),
        _cue(1.5, r"\b(?:whenever|when(?:ever)? (?:i|we|the|it|he|she|they))\b"),
        _cue(1.5, r"\b(?:i think|i feel|i believe|in my opinion|imo|it feels|strikes me|arguably)\b"),
    ),
    MemoryType.ERROR: (
        _cue(
            4,
            r"\b(?:mistakes?|mistakenly|by mistake|by accident|accidentally|my fault|my bad|screwed up|messed up|blunder|oversight|gotcha|pitfall"
            r"|regression|wrongly|incorrectly|misread|misconfigur\w+|misunderst\w+|slipped up|botched|footgun)\b",
        ),
        _cue(
            3.5,
            r"\b(?:forgot to|forgetting to|should(?:n't| not)? have|shouldn't've|failed to|neglected to|got (?:\w+ ){1,3}wrong|was wrong (?:about|to)"
            r"|assumed (?:\w+ ){1,8}but)\b",
        ),
        _cue(
            3,
            rf"\b(?:{_WORK}|it|this|that|which|\w+ing \w+(?: \w+){{0,5}}) (?:\w+ ){{0,2}}(?:fails?|failed|failing|breaks|broke|crashe[sd]|corrupts"
            rf"|corrupted|times out|timed out|wiped|hangs|hung|errors? out|throws|threw|loses|lost|deadlocks?|leaks|leaked|overwrites|overwrote)\b",
        ),
        _cue(
            3,
            r"\b(?:fails?|failed|failing|broke|breaks|crashe[sd]|crashing|throws?|threw|segfaults?|panics|times out|timed out|corrupts|corrupted"
            r"|rejected|returns? (?:a |an )?[45]\d\d)\b.{0,60}\b(?:because|due to|when|if|since|with|unless|after|error|exception|on)\b",
        ),
        _cue(
            3,
            r"\b(?:bugs?|exception|traceback|errno|stack ?overflow|segfault|null pointer|race condition|memory leak|off-by-one|typo|[a-z]+error\b"
            r"|deadlock|data loss|outage)\b",
        ),
        _cue(2, r"\b(?:errors?|broken|failure|wrong|crash|caused (?:a|an|the|us))\b"),
    ),
    MemoryType.RELATIONSHIP: (
        _cue(
            3.5,
            rf"\b(?:is|are|was|am|'m|i'm|he's|she's|who's|they're) (?:also )?(?:my|his|her|our|their|the|\w+'s|an? (?:close |old |good "
            rf"|long-?time )?)(?: ?(?:\w+ ){{0,2}}){_KIN}\b",
        ),
        _cue(3.5, rf"\b(?:my|our|his|her|\w+'s) (?:\w+ ){{0,2}}{_KIN}(?:'s)?,? (?:name is|names are|(?:is |are )?called|named|was named) \w+"),
        _cue(3, rf"\b(?:i|we|he|she) (?:have|has|'ve got|got) (?:an?|one|two|three|four|five|\d|no|some) (?:\w+ ){{0,3}}{_KIN}s?\b"),
        _cue(
            3.5,
            r"\b(?:reports? (?:directly )?to (?!\w+day)|married to|engaged to|related to|dating|divorced from|works? (?:under|alongside|closely with)"
            r"|manages|supervises|mentors|coaches|belongs? to|works? with|sits (?:next to|between)|lives with|grew up with|went to school with"
            r"|friends with|partners with|in a relationship)\b",
        ),
        _cue(
            3.5,
            r"\b(?:depends on|depend on|relies on|calls into|consumes|talks to|feeds (?:in)?to|is a (?:fork|subsidiary|subclass|child|dependency"
            r"|wrapper|part|member|branch|division|replica|competitor|customer|supplier) of|(?:is|are) (?:built on top of|part of|owned by|linked to"
            r"|connected to|a dependency of|maintained by|derived from|parent of|child of|downstream of|upstream of|inherits from)|inherits from|owns"
            r"|parent company)\b",
        ),
        _cue(2, rf"\bmy (?:\w+ ){{0,2}}{_KIN} (?:is (?!\w+ing\b|an?\b|the\b|not\b|in\b|on\b|at\b|very\b|so\b)\w+|\w+$)"),
        _cue(2.5, r"\b(?:have known|known each other|we've been (?:together|friends|married)|our families)\b"),
    ),
    MemoryType.ARTIFACT: (
        _cue(
            3,
            rf"\b{_DOCUMENT}\b.{{0,80}}\b(?:is|are|lives?|sits?|can be found|located|stored|saved|kept|resides?|uploaded|attached|published|hosted"
            rf"|checked in|available)\b.{{0,20}}\b(?:at|in|on|under|to|here|as|from)\b",
        ),
        _cue(
            3.5,
            rf"\b(?:wrote|written|created|made|drafted|saved|uploaded|attached|published|committed|exported|shared|generated|put together|designed"
            rf"|built|produced|stored|pushed|checked in|printed) (?:\w+ ){{0,7}}{_DOCUMENT}\b",
        ),
        _cue(3, rf"^(?:here's|here is|here are|attached|see|enclosed|this is) (?:\w+ ){{0,5}}{_DOCUMENT}\b"),
        _cue(
            1.8,
            r"(?:https?://|\bs3://|\bwww\.|(?:^|[\s`(])[~.]?/?[\w.-]+/[\w./-]+|\b[\w-]+\.(?:md|py|pdf|docx?|xlsx?|csv|ipynb|ya?ml|json|toml|sql|txt"
            r"|pptx?|png|jpe?g|html|sh|ts|go|rs|tex|fig|zip|parquet|log)\b)",
        ),
        _cue(2.5, rf"\b{_DOCUMENT}\b.{{0,40}}\b(?:covers?|contains?|describes?|documents|lists|explains|has|includes|shows|summari[sz]es|outlines|tracks)\b"),
        _cue(1.5, rf"^(?:the|my|our|\w+'s) (?:\w+ ){{0,4}}{_DOCUMENT}\b"),
    ),
    MemoryType.CONTEXT: (
        _cue(
            3.5,
            r"\b(?:currently|right now|at the moment|at present|these days|nowadays|for now|for the time being|in the middle of|in the process of"
            r"|as of now|as we speak|presently|temporarily|in the midst of|ongoing|this (?:week|month|sprint|quarter|semester) (?:i'm|we're|i am"
            r"|we are|is|the))\b",
        ),
        _cue(
            2.5,
            r"\b(?:i'm|we're|i am|we are|i've been|we've been|is|are) (?:\w+ )?(?!going|trying|planning|hoping|thinking|looking|aiming|learning"
            r"|saving|training|moving|switching|considering)(?:\w{2,}ing)\b",
        ),
        _cue(
            3,
            r"\b(?:i'm|we're|i am|we are|is|are) (?:\w+ )?(?:on (?:vacation|holiday|leave|call|sabbatical|a (?:train|plane|tight|call|trip|budget"
            r"|deadline))|at (?:the|work|home|a)|stuck (?:on|in|at)|out of (?:office|town)|off (?:sick|work)|in (?:beta|a meeting|staging|the office"
            r"|review|production|crunch|progress)|between jobs|down|blocked|short on|under (?:pressure|construction|review)|behind schedule|still \w+"
            r"|busy|away|waiting|frozen)\b",
        ),
        _cue(
            2.5,
            r"\b(?:until|till) (?:\w+ ){0,3}(?:monday|tuesday|wednesday|thursday|friday|saturday|sunday|next|\d|the|end|further|january|february"
            r"|march|april|may|june|july|august|september|october|november|december)\b",
        ),
        _cue(1.4, r"\b(?:today|tonight|this (?:week|month|sprint|quarter|semester|year|morning|afternoon))\b"),
        _cue(
            2,
            r"\b(?:lately|recently|so far|not yet|yet|still|for the past|since (?:last|this|\w+day|january|february|march|april|may|june|july|august"
            r"|september|october|november|december))\b",
        ),
        _cue(2, r"\b(?:working on|focus(?:ing|ed) on|dealing with|busy with|preparing for|blocked (?:on|by)|waiting (?:for|on))\b"),
    ),
    MemoryType.EVENT: (
        _cue(
            2,
            r"\b(?:yesterday|last (?:night|week|weekend|month|year|summer|winter|spring|fall|autumn|time|mon|tues|wed|thurs|fri|sat|sun|january"
            r"|february|march|april|may|june|july|august|september|october|november|december)\w*|\w+ (?:\w+ )?ago|earlier (?:today|this)"
            r"|the other day|this morning|back in|in (?:19|20)\d\d|(?:over|during) the weekend|on (?:mon|tues|wednes|thurs|fri|satur|sun)day|recently"
            r"|just now|on \w+ \d{1,2}(?:st|nd|rd|th)?)\b",
        ),
        _cue(
            2.5,
            r"\b(?:i've|i have|we've|we have|has|have|we|i|just)(?: \w+)? (?:just|finally|recently|already) (?!have\b|own\b|know\b|use\b|like\b|prefer\b)\w+",
        ),
        _cue(
            2.5,
            r"\b(?:happened|took place|went live|occurred|got (?:married|engaged|promoted|fired|hired|divorced|laid off|accepted|a (?:\w+ )?(?:dog"
            r"|cat|job|puppy|kitten|promotion|raise))|was born|passed away|died|graduated|broke up|moved (?:to|in|out|into|from)|gave birth|adopted"
            r"|won|celebrated|attended|launched|released|shipped|announced|joined|resigned|retired|arrived|visited|signed the)\b",
        ),
        _cue(
            3,
            r"\b(?:conference|wedding|meeting|appointment|interview|party|concert|flight|offsite|birthday party|exam|ceremony|webinar|kick-?off"
            r"|demo day|game|launch|reunion|festival|retreat)\b.{0,40}\b(?:is (?:on|at|scheduled|tomorrow|next|this)|takes place|starts|was|went|got"
            r"|is happening|happens)\b",
        ),
    ),
    MemoryType.FACT: (
        _cue(1.5, r"\b(?:is|are) (?:an? |the |located |based |in |at |set |written |called |named |made |\d|open|closed|allergic|vegan|vegetarian|from|born)"),
        _cue(
            1.5,
            r"\b(?:i|we|he|she|it|they|\w+) (?:uses?|runs?|lives?|works?|has|have|speaks?|weighs?|costs?|supports?|contains?|owns?|requires?|takes?"
            r"|earns?|pays?|measures?|serves?|returns?|listens|stores?|expires?|opens?|drives?|comes|own|born|study|studies|majored) ",
        ),
        _cue(
            2,
            r"\b(?:my|our|the|\w+'s) (?:\w+ ){0,3}(?:name|birthday|address|number|email|age|height|weight|blood type|job|salary|rent|budget|port"
            r"|version|timeout|limit|size|capital|population|password policy|time ?zone|hourly rate|shoe size|license|title|major|degree|hometown"
            r"|nationality|id) (?:is|are|was)\b",
        ),
        _cue(
            2,
            r"\b(?:i'm|i am|he's|she's) (?:an? |from |allergic |vegan|vegetarian|\d|lactose|diabetic|originally|left-handed|colou?r-?blind|single"
            r"|married$|based|born)",
        ),
        _cue(
            2,
            r"\b(?:i|we|he|she|they|\w+) used to\b|\bborn (?:in|on)\b|\b\d+ (?:years old|people|employees|engineers|gb|ms|kg|percent|users)\b"
            r"|\b(?:consists of|equals|is equal to|per (?:day|month|year|second|hour|minute))\b",
        ),
        _cue(1, r"\d"),
    ),
}
"""Cues of each type. What weighs equal goes to the type named first."""
