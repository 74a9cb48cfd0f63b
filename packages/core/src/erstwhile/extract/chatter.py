"""What is said without asserting anything worth remembering: data only.

Patterns over text in lower case with straight apostrophes, matched where the sentence begins unless they say otherwise.
"""

import re
from typing import Final

from erstwhile.extract.words import PLACES

__all__ = [
    "AGREED",
    "DEFERRED",
    "EVALUATIVE",
    "FOREIGN",
    "GENERAL",
    "GENERIC",
    "GUESSED",
    "HERE",
    "OPINION",
    "REQUEST",
    "SMALL_TALK",
    "STANDING",
    "SUPPOSED",
    "THIS_ONCE",
]

REQUEST: Final = re.compile(
    r"(?:i|we)(?:'d| would)? ?(?:really |also |just |still )?(?:need|want|like|love|appreciate|could use)(?:ed)? (?:you to|your|(?:some |a |any "
    r"|more |a bit of |a few )*(?:help|advice|hand|suggestions?"
    r"|recommendations?|tips|ideas|information|info|details|examples?|assistance|guidance|insights?)|to (?:know|ask|see|hear|understand|find out"
    r"|check|get (?:your|some|more)|learn more|discuss|talk about))\b"
    r"|(?:i|we)(?:'m| am|'re| are|'ve been| was| were)? (?:also |just |still |actually )?(?:wondering|wonder|curious|asking|inquiring|wondered)\b"
    r"|i(?:'ve| have)?(?: got)? (?:a|another|one more|one|some|two|a few|a couple of) (?:\w+ )?(?:questions?|requests?|favou?r)\b"
    r"|(?:i'm|i am|we're) (?:also |just |currently |really )?looking for (?:\w+ ){0,6}(?:recommendations?|advice|suggestions?|ideas?|tips|help"
    r"|information|info|ways?|resources?|options?|recipes?|something|inspiration)\b|(?:i'm|i am|we're) (?:also |just |currently "
    r"|really )?looking for (?:some|any|more)\b|(?:i|we) (?:want|need) (?:something|someone|some)\b"
    r"|(?:i'm|i am) (?:also |really |particularly |especially )?(?:interested in (?:learning|knowing|hearing|understanding|finding|exploring|trying)"
    r"|open to)\b"
    r"|(?:can|could|would|will) you\b|let (?:me|us) (?:know|see|check|think)\b|help me\b|(?:tell|show|give|send|explain|teach|walk|remind) (?:me"
    r"|us)\b(?! to)|looking for\b|need(?:ed)? help\b|any (?:help|advice|tips)\b"
    r"|(?:just )?(?:asking|checking|wondering|curious)\b|(?:i )?(?:was )?hoping (?:you|to get)|i'd be (?:happy|glad|interested|grateful)"
    r"|would (?:love|like|be) "
)
"""Asks for something once."""

SMALL_TALK: Final = re.compile(
    r"(?:"
    r"(?:many |much )?thanks|thank you|thx|ty|cheers|hi|hello|hey|bye|goodbye|goodnight|congrat\w*|good (?:luck|job|morning|night|evening|afternoon"
    r"|point|question|idea|call|to (?:hear|see|know))"
    r"|great (?:job|work|idea|question|point|to (?:hear|see))|nice (?:to|work|job|one|talking)|take care|see you|see ya|talk (?:to you )?(?:soon"
    r"|later)|ttyl|have (?:a|fun)|enjoy|welcome|you're welcome"
    r"|no (?:worries|problem|need|doubt|rush|prob)|my pleasure|got it|gotcha|makes sense|will do|same here|me too|long time|what a|sounds"
    r"|looks (?:good|great|like you|right|fine|nice|amazing|awesome)"
    r"|can't wait|keep (?:it up|going|up|me|us|in touch|rocking|pushing|shining)|you (?:got|rock|rule|can do)|glad|happy|hope(?:fully)?"
    r"|wish(?:ing)? you|best of|all the best|so (?:cool|true|happy|glad|proud|excited|much)"
    r"|love (?:it|that|this|your|how|the)|loved (?:it|that|this|your|the)|not (?:bad|really|yet|much|at all)|never mind|nevermind|of course|for sure"
    r"|wow|lol|haha|let's (?:do (?:it|this|that)|see|go|start|begin|dive|get|move on|continue|try|talk|take a|catch|make|keep (?:going|in))|life('s| is)"
    r"|i (?:totally |completely |really |definitely |fully |can |also |just |do |so |truly |always |can't |couldn't )*(?:agree|understand|see"
    r"|get (?:it|that|you|what)|bet|hear (?:you|that)|feel (?:you|the same|that|like|better|more)|imagine|relate|tell|believe|thank|guess|suppose"
    r"|mean|hope|appreciate|wait|wish|know (?:what|how|right|that feeling|you|it|that|this|the feeling)|admire|envy)\b(?! (?:to|for sure) \w+ (?:a"
    r"|the|my))"
    r"|i(?:'ve| have)? (?:totally |completely |really |definitely |also |just |always |absolutely |particularly |especially )*(?:love|like|liked"
    r"|loved|enjoyed|miss) (?:it|that|this|your|you|how|these|those|them|the (?:idea|sound|thought|way|suggestion|fact|concept|look|options?|part"
    r"|trend))\b"
    r"|(?:i'm|i am|we're|i was|i feel|i'm feeling) (?:just |so |really |very |super |also |still |always |truly |definitely |pretty |quite "
    r"|absolutely |a bit |a little |especially |particularly |totally |only |all )*(?:glad|happy|proud|sorry|excited|thrilled|sure|not sure|curious"
    r"|here (?:for|to)|all ears|impressed|jealous|grateful|thankful|honou?red|pumped|stoked|looking forward|happy|surprised|amazed|intrigued"
    r"|fascinated|touched|kidding|afraid|confident|optimistic|hopeful|certain|positive|with you|interested|stoked|psyched|unsure|not (?:entirely"
    r"|quite|really|familiar|certain)|torn|rooting|relieved|delighted|overwhelmed|confused|wondering|ready|inspired)\b"
    r"|i (?:don't|do not|didn't) (?:know|think|understand|remember|see|recall|mean|care|believe)\b|i (?:have|must|gotta|got) to (?:say|admit|ask"
    r"|agree)|i must (?:say|admit)|i have no (?:idea|clue|doubt)|no idea|i forgot(?=$|[.!])"
    r"|it'?s? |that'?s? (?!\w+ (?:is|are|uses|has))|there'?s (?:nothing|something|no|so much|always|a lot)\b|there is (?:nothing|something|no|so much"
    r"|always|a lot)\b|here (?:you|we|it|they) |here, |here's (?:to|what|how|hoping|an?|some|the (?:thing|deal))\b"
    r"|i(?:'ll| will) (?:definitely |be sure to |be |make sure to |try to |just |also |have to |need to |probably |keep |take |certainly "
    r"|absolutely )*(?:check(?:ing)?|experiment(?:ing)?|make it|look into|try (?:it|that|those|them|out|your|some|these|this)|give (?:it|that|them"
    r"|those|this|these)|let you know|keep (?:that|it|you|this|these|those|an eye|them|your)|think (?:about|on|it)|take a look|do (?:that|it|so|this"
    r"|some)|consider|explore|see (?:how|what|if)|look (?:at|it|for|them|that)|that in mind|use (?:that|it|those|these|them|this|your)|read (?:it"
    r"|that|those|them)|remember (?:that|this|it|your)|get (?:back|on it|right on)|follow your|start by|start with that|your (?:advice|word)|sure to"
    r"|explain|show you|help|assist|provide|walk|guide|happy|glad|able to|here)\b"
    r"|(?:to|in) (?:summari[sz]e|conclusion|summary)\b|for (?:example|instance)\b|overall\b|you'?(?:re|ve|ll|d)? (?:are |were |really |always |can "
    r"|could |have |know |look |seem |might |may |just |definitely |sound |mentioned|said)"
    r"|works (?:great|fine|perfectly|for me|well now)|all good|done(?=$|[.!])|one (?:sec|moment|minute)|way to go|hold on|hang (?:on|in)|wait\b|lgtm"
    r"|ship it|never been|been (?:great|good|busy)|i (?:do |still |really |always )?remember (?:you|those|that|when you|it|how|your|them|feeling)"
    r"|i know (?:firsthand|exactly|all too)|i'll keep \w+ing|(?:really |so |very )?(?:looking forward|proud of|mixed (?:emotions|feelings)|nothing beats)"
    r"|just (?:wanted to (?:say|check|see|ask)|checking|curious|kidding|a |saying)"
    r")\b"
)
"""Greets, thanks, agrees, evaluates, or says what one feels about what was just said."""

SUPPOSED: Final = re.compile(
    r"^(?:if|not true|(?:last night )?i (?:had a dream|dreamed|dreamt)|suppose|supposing|imagine|let's (?:say|pretend|assume|imagine)|assuming|assume"
    r"|pretend|hypothetically|what if|say (?:i|we|you|that)"
    r"|in a world|were i|had (?:i|we)|in (?:theory|case)|as if|unless|should (?:i|we|you) )"
    r"|\bhypothetical\w*|\bi wish (?:i|we|it|he|she|they|you|my|the|there)\b|\b(?:would|could|might|must)(?: not|n't)? have \w+(?:ed|en|ne|wn)\b"
    r"|\bwould've\b|\bif only\b|\bonly if\b.{0,60}\bwould\b"
    r"|\b(?:would|'d|could|might)\b.{0,150}\bif (?:i|we|it|they|he|she|you|the|there|my|our|only)\b|\bif (?:i|we|it|they|he|she|you|the|there|my"
    r"|our)\b.{0,150}\b(?:would|could|might|i'd|we'd)\b"
    r"|\bas if\b|\bin (?:my|the) (?:dream|story|novel|game|movie|film|script)\b.{0,40}\b(?:i|we|character|hero)\b|^(?:i|we) (?:really |probably "
    r"|also |still )?(?:would|wouldn't|could|couldn't|should|shouldn't|ought)\b(?! (?:like|love|rather|prefer|appreciate|(?:not |never )?have))"
)
"""Supposed, wished or imagined, not so."""

GUESSED: Final = re.compile(
    r"^(?:maybe|perhaps|possibly|probably)\b|\b(?:i|we|he|she|they|it|\w+) (?:might|may|could) (?:just |also |even |actually |not |have |need |want "
    r"|be |well |try )*\w+"
    r"|\b(?:not sure|unsure|no idea|don't know|wonder|wondering|depends on whether|can't decide|undecided|debating|haven't decided)\b|\bmaybe\b"
    r"|\bperhaps\b|^i(?:'m guessing| assume| suspect)\b|\bif you(?:'d| would)? (?:like|want|need|wish|ever)\b"
    r"|^(?:by \w+ing [^,]{1,80}, )?(?:together,? )?we can (?:all |also |still |always )?\w+"
)
"""Said to be possible, and no more."""

OPINION: Final = re.compile(
    r"(?:i|we) (?:really |still |also |just |personally |honestly |kind of |kinda |definitely )*(?:think|believe|feel|find|reckon|suspect|figure"
    r"|guess|imagine|assume|feel like)(?: that| like)? (?=\S)|in my (?:opinion|view|experience),? |imo,? |personally,? "
)
"""Opens an opinion; what is thought comes behind it."""

STANDING: Final = re.compile(
    r"\b(?:always|never|from now on|going forward|in (?:the )?future|by default|every time|each time|whenever|at all times|under no circumstances"
    r"|until further notice|unless (?:i|we) (?:say|ask|tell)|for all|for every|in all|in every|on every|on all|any time|don't ever|as a rule"
    r"|for the rest of|(?:before|after) (?:each|every) (?:commit|release|deploy(?:ment)?|merge|push|pr|pull request|build))\b"
    r"|^(?:please )?(?:make sure|be sure|ensure|remember to|avoid|stick to|refrain|stop)\b"
)
"""What makes an imperative hold from now on."""

THIS_ONCE: Final = re.compile(
    r"\b(?:it|this|that|these|those|them|the (?:above|following|attached|below|previous|next|first|second|third|last|given|same)|again|above|below|instead|here"
    r"|attached|right away|for now|this time|now|asap|today|tomorrow)\b"
    r"|^(?:please )?(?:don't|do not) (?:worry|know|mind|think|care|forget|get me|hesitate|have|be|panic|sweat|stop|give up|want|need|feel|tell me"
    r"|let)\b|^(?:please |just )?keep \w+ing\b|^(?:do|be|make|keep|stop|look|check) (?:at|out|it|that|this|me|your|up|us|in|going|an eye|on)\b"
)
"""What makes an imperative a thing to do now, or mere talk."""

HERE: Final = re.compile(rf"\b(?:for|in|on|across) this (?:{'|'.join(sorted(PLACES))})\b(?: instead of [\w-]+)?")
"""Says that something holds for what the conversation is about all along: "for this repo", "for this project instead of npm"."""

GENERIC: Final = re.compile(
    r"(?:please )?(?:write (?:\w+ )?(?:messages|docs|docstrings|tests|comments|replies|answers|summaries|titles|numbers|names|amounts)"
    r" (?:in|as|with) (?:the )?[\w-]+\W*$"
    r"|(?:put|store|keep) (?:[\w-]+ ){0,2}[\w-]+s (?:in|under|into|next to) [\w.~-]*/[\w./-]*)"
)
"""Says how things of a kind are done, and not what is to be done with some of them: "Write commit messages in the imperative"."""

GENERAL: Final = re.compile(
    r"(?:we all|everyone|everybody|people|life|art|nature|music|pets|hard work|love|family|friendship|kindness)\b(?! (?:i|we|you)\b)|"
    r"(?!(?:thing|something|nothing|everything|anything|during|morning|evening|king)\b)\w{2,}ing\b.{0,80}?\b(?:is|makes?|brings?|gives?|can|sounds"
    r"|feels|takes|means|reminds?|inspires?|grounds|keeps|allows|builds|pushes|pumps|lifts|boosts)\b"
    r"|(?!i |we |my |our )[\w' -]{3,60} (?:can|could) (?:help (?:us|people|you)|lead to|make (?:a|you|us|people)|bring|be (?:a|so|really|very|quite"
    r"|super))\b|\w+ (?:moments|things|times|people) like (?:these|this|that)\b"
    r"|(?:moments|things|times|people|events) like (?:these|this|that)\b"
)
"""A wisdom that holds for anybody: of no one in particular, and nothing that was found out."""

AGREED: Final = re.compile(
    r"let's (?:go (?:with|for)|use|stick (?:with|to)|switch to|adopt|keep (?:the|using)|drop (?:the|support)|move to|postpone|standardi[sz]e"
    r"|settle on|target)\b(?! (?:it|that|this|them|these|those)\b)"
)
"""What is proposed as settled."""

EVALUATIVE: Final = re.compile(
    r"(?:\b(?:is|are|was|were|had|be|been|looks?|looked|feels?|felt|sounds?(?: like)?|seems?|seemed|turned out|makes?|made|brings?|brought|gives?|gave)"
    r"|'s|'re) (?:(?:so|such|indeed|really|very|pretty|quite|too|absolutely|truly|definitely|always|just|all|also"
    r"|totally|incredibly|super|a|an|the|for|me|us|it|and|\w+ing) ){0,4}(?:amazing|awesome|great|nice|cool|beautiful|stunning|breathtaking|incredible"
    r"|inspiring|fun|lovely|wonderful|fantastic|important|key|special|priceless|perfect|magical|captivating|tricky|precious|vibrant|challenging"
    r"|motivating|refreshing|enlightening|heartwarming|uplifting|peaceful"
    r"|impressive|interesting|fascinating|rewarding|joy|blast|treat|tough|crazy|wild|huge|delicious|gorgeous|adorable|cute|touching|worth it"
    r"|awe-inspiring|unforgettable|essential|crucial|exciting|relaxing|therapeutic|calming|refreshing|proud|happy|smile|hope)\b"
)
"""Says how good something is."""

DEFERRED: Final = re.compile(r"(?:please )?(?:remind me to|don't let me forget to) \w+")
"""Asked now, but to be kept until its time comes."""

FOREIGN: Final = re.compile(
    r"(?:ich (?:bin|habe|wohne|arbeite|heiße|mag|lebe|nutze|verwende|bevorzuge)|wir (?:haben|nutzen|verwenden|sind)|mein(?:e)? \w+ (?:ist|heißt)"
    r"|je (?:suis|m'appelle|travaille|préfère|vis)|j'(?:ai|habite|aime|utilise)"
    r"|nous (?:avons|utilisons)|m(?:on|a) \w+ (?:est|s'appelle)|(?:yo )?(?:vivo|trabajo|prefiero|tengo|me llamo|soy|uso)|(?:nosotros )?(?:usamos"
    r"|tenemos)|mi \w+ (?:es|se llama)|(?:io )?(?:abito|lavoro|preferisco|mi chiamo|sono)"
    r"|(?:eu )?(?:moro|trabalho|prefiro|tenho|me chamo|sou)|ik (?:woon|werk|ben|heb|gebruik)) \w+"
)
"""First-person statements in the languages most often met beside English."""
