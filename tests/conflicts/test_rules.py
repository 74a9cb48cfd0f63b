"""What the rules end by themselves, and what they leave to the judges after them."""

from dataclasses import replace

import pytest
from tests.conflicts.said import Always, said, told, told_by, typed

from erstwhile.judge import Cascade, RuleJudge
from erstwhile.model import MemoryType
from erstwhile.policy import Policy
from erstwhile.relations import RULES, Relation

ENDED = Relation.SUPERSEDES


@pytest.mark.parametrize(
    ("earlier", "later", "found"),
    [
        pytest.param("The cache runs on Redis", "We moved the cache from Redis to Valkey", ENDED, id="it is named"),
        pytest.param("We use Jenkins", "We moved from Jenkins to Buildkite", ENDED, id="who speaks"),
        pytest.param("We use Jenkins", "Moved from Jenkins to Buildkite", ENDED, id="nobody is named"),
        pytest.param("I live in Berlin", "I flew from Berlin to Rome on Monday", None, id="a journey"),
        pytest.param("We live in Ghent", "We've switched to Voltara for electricity", None, id="another supplier is no home"),
        pytest.param("We use Postgres", "We sync data from Postgres to Snowflake", None, id="a copy"),
        pytest.param("We use Redis", "We dropped Redis keys older than a day", None, id="a part of it"),
        pytest.param("I use Slack", "We talked on Zoom instead of Slack yesterday", None, id="for once"),
        pytest.param("The cache runs on Redis", "From today the cache was moved from Redis to Valkey", ENDED, id="from today"),
        pytest.param("I use Slack", "I use Zoom instead of Slack", None, id="in its place, perhaps"),
        pytest.param("I use Slack", "I use Zoom instead of Slack for calls with clients", None, id="in its place for something"),
        pytest.param("We use Postgres", "We use MySQL for the blog instead of Postgres", None, id="for something in its place"),
        pytest.param("The API runs on Heroku", "The API docs moved from Heroku to Vercel", None, id="something that is named alike"),
        pytest.param("Our cache runs on Redis", "The queue was moved from Redis to NATS", None, id="something else left it"),
        pytest.param("My course is on Tuesdays at 5", "Mira's course has moved from Tuesdays at 5 to Thursdays", None, id="somebody else's"),
        pytest.param("The notes are in the folder 'Day -> Night'", "There's a folder 'Day -> Night' with the notes", None, id="an arrow that was there"),
        pytest.param("I use crutches", "My cousin got rid of crutches", None, id="somebody else did"),
    ],
)
def test_what_left_its_place(earlier: str, later: str, found: Relation | None) -> None:
    """A change names what was before; it ends what is said of the same thing, and nothing else that happens to be at the same place."""
    assert _ruled(earlier, later) is found


@pytest.mark.parametrize(
    ("earlier", "later", "found"),
    [
        pytest.param("I sell jam at the fair", "I stopped selling jam", ENDED, id="stopped"),
        pytest.param("The choir meets on Mondays", "The choir has closed down", ENDED, id="closed down"),
        pytest.param("I take aspirin and metformin", "I stopped taking aspirin", None, id="one of two"),
        pytest.param("Lou and I are together", "Lou and I broke up", ENDED, id="the two of us"),
        pytest.param("We want to sell the barn in spring", "In spring the barn is to be sold", None, id="a plan told again"),
        pytest.param("The family decided to sell the barn", "The barn will be sold, the family decided", None, id="a decision told again"),
        pytest.param("I sell jam at the fair", "At the fair my jam gets sold", None, id="the same in the passive"),
        pytest.param("Grandpa's radio is at the repair shop", "The repair shop has closed down", None, id="where it is, and not what"),
        pytest.param("I joined the brass band", "I quit the brass band", ENDED, id="joined and quit"),
        pytest.param("When the course is over, I'll send Lena my notes", "The course is over", None, id="what it was waited for"),
        pytest.param("My kettle does not boil", "My kettle stopped boiling", None, id="it was denied already"),
        pytest.param("The bridge is shut for the regatta", "The bridge is shut until the regatta is over", None, id="until it is over"),
        pytest.param("Call me about a queue over 40 jobs", "Call me when a queue is over 40 jobs", None, id="over a number"),
        pytest.param("I rent the barns", "I stopped renting one of the barns", None, id="a part of it"),
        pytest.param("I rent the barns", "I stopped renting some of them", None, id="some of them"),
        pytest.param("I rent one of the barns", "I stopped renting one of the barns", ENDED, id="a part that is all"),
        pytest.param("Anything that helps with sleep is welcome", "No need to change anything", None, id="anything"),
        pytest.param("The docs use `mkdocs`", "The docs no longer use `mkdocs`", ENDED, id="a name between backticks"),
        pytest.param("The docs use `mkdocs`", "`The docs no longer use mkdocs`", None, id="a whole text between backticks"),
    ],
)
def test_what_is_over(earlier: str, later: str, found: Relation | None) -> None:
    """A word for an ending counts where it is news, and of what the earlier text is about."""
    assert _ruled(earlier, later) is found


@pytest.mark.parametrize(
    ("earlier", "later", "found"),
    [
        pytest.param("The mail service runs on port 8081", "The mail service runs on port 9090", ENDED, id="another port"),
        pytest.param("The mail service runs on port 8081", "The mail service runs on three machines", None, id="a port and machines"),
        pytest.param("The lab runs on Debian 12", "The lab runs on PostgreSQL 13", None, id="two kinds of software"),
        pytest.param("Our Node version is 18", "Our Node version is 18.19.1", None, id="the same, more exactly"),
        pytest.param("My parcel is due on 31 August", "My parcel is due on 30 September", ENDED, id="another month"),
        pytest.param("The bean plants are 30 cm tall", "The bean plants are over a metre tall", ENDED, id="a number and a unit alone"),
        pytest.param("The ladder in the shed is 3 metres", "The ladder in the shed is yellow", None, id="a length and a colour"),
        pytest.param("I report to Henk on the tram project", "I report to Henk on Mondays in a short call", None, id="one name, told more of"),
        pytest.param("The ticket costs 20 euros", "The ticket costs 12 euros for students", None, id="for some"),
        pytest.param("The shop opens at 9", "The shop opens at noon on Sundays", None, id="on some days"),
        pytest.param("The kettle in the hut is broken", "The kettle in the hut is green", None, id="what it is like, twice"),
        pytest.param("On Mondays I work at the clinic", "On Fridays I work at the bakery", None, id="days told first"),
        pytest.param("I live in Leeds", "I decided to live in Spain when I retire", None, id="decided for later"),
        pytest.param("The shop opens at 9 on Mondays", "The shop opens at 10 on Sundays", None, id="other days"),
        pytest.param("The shop opens at 9", "The shop opens at 10 on Monday", None, id="a day more"),
        pytest.param("On Mondays, the shop opens at 9", "On Sundays, the shop opens at 10", None, id="other days, told first and set off"),
        pytest.param("The shop opens at 9 on Mondays", "On Mondays the shop opens at 10", ENDED, id="the same day told first"),
        pytest.param("On Mondays and Tuesdays, supper starts at 7", "Supper starts at 8 on Mondays and Tuesdays", ENDED, id="the same two days"),
        pytest.param("Ana works at the bakery on Mondays", "Ana works at the library on Fridays", None, id="other places on other days"),
        pytest.param("The rehearsal takes place on Mondays", "The rehearsal takes place on Tuesdays", ENDED, id="the days are what was said"),
        pytest.param("Call me Mr Hughes", "Please call me Dave.", ENDED, id="what one is called"),
        pytest.param("Call me Dave", "Call me Friday", None, id="when to call"),
        pytest.param("Call me Dave", "You can call me back", None, id="call back"),
        pytest.param("Call me Dave", "Please call me ASAP!", None, id="how soon to call"),
        pytest.param("Call me Dave", "Ana: Call me Annie", None, id="what somebody else is called"),
        pytest.param("Call me Dave", "In emails, call me Mr Hughes", None, id="what one is called somewhere"),
        pytest.param("I work at the clinic", "On Fridays I work at the bakery", None, id="somewhere else on a day"),
        pytest.param("On weekdays I live in Leeds", "On weekends I live in York", None, id="weekdays and weekends"),
        pytest.param("On Sundays the pool closes at 6", "The pool closes at 9", None, id="a day, then any"),
        pytest.param("On Sundays and Mondays the pool closes at 6", "On Sundays the pool closes at 9", None, id="one of two days"),
        pytest.param("Every Monday the shop opens at 9", "On Mondays the shop opens at 10", ENDED, id="every Monday"),
        pytest.param("I work for Acme", "On Mondays I work for myself", None, id="nothing but a day is said"),
        pytest.param("My manager is Ida", "On Mondays my manager is busy", None, id="what somebody is like on a day"),
        pytest.param("The party starts at 7", "Actually the party starts at 8 on Saturday", ENDED, id="corrected, with a day"),
        pytest.param("The shop opens at 9", "The shop opens at 8 o'clock", ENDED, id="a time of the clock"),
        pytest.param("I live in Berlin", "I live in a shared flat", None, id="a city and a flat"),
        pytest.param("I report to Henk on the tram project", "I report to Wim on the tram project", ENDED, id="another name"),
        pytest.param("The front end runs on Node 18", "The front end runs on Node 20", ENDED, id="a noun that can be a verb"),
        pytest.param("The front end runs on Node 18", "The back end runs on Node 20", None, id="two such nouns"),
        pytest.param("My manager is Ida", "I report to Olu now", ENDED, id="whom one reports to"),
        pytest.param("Ida reports to Olu", "Ida's line manager is Henk", ENDED, id="who manages somebody"),
        pytest.param("My manager is Ida", "I report to Olu on the tram project", None, id="on a project"),
        pytest.param("My manager is Ida", "I report to London", None, id="to a place"),
        pytest.param("My manager is Ida", "I report to HR", None, id="to an office"),
        pytest.param("My manager is Ida", "I must report to Olu", None, id="what one must"),
        pytest.param("The sensor's manager is Ida", "The sensor reports to Grafana", None, id="a thing that reports"),
        pytest.param("Ida is my contact at the bank", "Olu is my contact at the port", None, id="a contact for each firm"),
        pytest.param("Ida is my contact at the bank", "Olu is my contact at the bank", ENDED, id="another contact at the same"),
        pytest.param("Our rep at the supplier is Ida", "Olu is our rep at the supplier", ENDED, id="one at a firm of which there are several"),
        pytest.param("Ida is my friend at work", "Olu is my friend at work", None, id="two friends"),
        pytest.param("Ida's this is blue", "Ida's this is red", ENDED, id="whose, and not what"),
        pytest.param("My colleague in Graz is Ida", "My colleague in Graz is Olu", None, id="two colleagues"),
        pytest.param("Standup is at 9", "Standup is at 9:30", ENDED, id="another hour of the day"),
        pytest.param("Standup is at 9am", "Standup is at 9:30am from Monday", ENDED, id="another hour, from a day on"),
        pytest.param("Standup is at 9am", "Standup is at 9:30am on Mondays", None, id="another hour, on one day"),
        pytest.param("Standup is at 9am", "Standup is at 10am from Monday to Wednesday", None, id="another hour, on some days"),
        pytest.param("The bus is at 9", "The bus is at 9:30", None, id="the next bus"),
        pytest.param("The tablet is at 8", "The tablet is at 20:00", None, id="the second dose"),
        pytest.param("Lunch is at 12", "Lunch is at 13 for the second group", None, id="for others"),
        pytest.param("Lunch is at 12", "Lunch is usually at 13:00", None, id="as a rule"),
        pytest.param("Standup is at 9", "Standup is at 10 in summer", None, id="in summer"),
        pytest.param("Standup starts at 9", "Standup starts at 10 today", None, id="today alone"),
        pytest.param("Standup starts at 9", "Standup starts at 10 tomorrow", None, id="tomorrow, perhaps alone"),
        pytest.param("Standup starts at 9", "Standup starts at 10 from tomorrow", ENDED, id="from tomorrow"),
        pytest.param("Standup starts at 9 today", "Standup starts at 10 today", ENDED, id="today, both"),
        pytest.param("Standup starts at 9 today", "Standup starts at 10 tomorrow", None, id="today and tomorrow"),
        pytest.param("Standup starts at 9", "Standup starts at 10. Call me tomorrow.", ENDED, id="what is to be tomorrow is another thing"),
        pytest.param("The shop opens at 9", "The shop opens at 10 this week", None, id="this week alone"),
        pytest.param("The shop opens at 9", "The shop opens at 10 from Friday evening to Sunday", None, id="from one day to another"),
        pytest.param("The shop closes at 20", "The shop closes at 21 from Monday, they said", ENDED, id="from a day on, they said"),
        pytest.param("The API port is 8080", "The API port is 9090 today", ENDED, id="no hour"),
        pytest.param("The keys are at Bo's", "The keys are at Ana's", None, id="at somebody's, and at no hour"),
    ],
)
def test_values_in_each_others_place(earlier: str, later: str, found: Relation | None) -> None:
    """What has one value at a time is ended by another value of the same kind, and not by something else that can be said in the same words."""
    assert _ruled(earlier, later) is found


@pytest.mark.parametrize(
    ("earlier", "later", "found"),
    [
        pytest.param("The teapot costs 12 euros", "The price of the teapot went up to 13 euros", ENDED, id="a price went up"),
        pytest.param("Mr Okoro takes 10 mg of ramipril", "Mr Okoro's ramipril was lowered to 5 mg", ENDED, id="a dose was lowered"),
        pytest.param("pandas is pinned to 2.1.4", "Bumped the pandas pin to 2.2.0", ENDED, id="nobody is named"),
        pytest.param("The deadline is May 31", "The deadline has moved to June 14", ENDED, id="a deadline moved"),
        pytest.param("Remind me to feed the cat at 8", "Change the cat reminder to 6:30", ENDED, id="an order"),
        pytest.param("The exam of class 9 is on Monday", "The exam of class 8 was moved to Friday", None, id="of another class"),
        pytest.param("We want response times of 2 s", "Response times went from 9 to 4 s", None, id="from another value"),
        pytest.param("Our nanny's rate is 14 euros", "The cleaner raised her rate to 16 euros", None, id="of somebody else"),
        pytest.param("The exam is on Monday", "They'll move the exam to Friday", None, id="to come"),
        pytest.param("The exam is on Monday", "The exam was not moved to Friday", None, id="denied"),
        pytest.param("My team has 7 people", "My sister's team has grown to 9 people", None, id="of another team"),
        pytest.param("Sam's flight is at 9:00", "The flight was moved to 11:00", None, id="of somebody whom the other does not name"),
        pytest.param("The budget meeting is on Monday", "The meeting was moved to Tuesday", None, id="of one among several"),
        pytest.param("The exam is on Monday", "The exam was moved to Friday in class 9", None, id="for others alone"),
        pytest.param("The rent is 850", "The landlord threatened to raise the rent to 900", None, id="a threat"),
        pytest.param("The rent is 850", "The rent went up to 850 in 2023", None, id="the same value"),
        pytest.param("The course is on 4 May", "The course was moved to 4 May from 2 May", None, id="the same day"),
        pytest.param("The salary is 4,500 euros", "The salary was raised to 4,500 euros", None, id="the same amount with a comma"),
        pytest.param("The interest is 3.0%", "The interest was raised to 3%", None, id="the same share"),
        pytest.param("The salary is 1,100 euros", "The salary was raised from 1,100 to 1,200 euros", ENDED, id="amounts with a comma"),
        pytest.param("My goal weight is 70 kg", "My weight dropped to 75 kg", None, id="a goal"),
        pytest.param("When we moved in, the rent was 850", "The rent went up to 900", None, id="what was once"),
        pytest.param("The API has port 8080 and a timeout of 30 s", "The timeout of the API was raised to 60 s", None, id="it says more"),
    ],
)
def test_a_value_that_was_changed(earlier: str, later: str, found: Relation | None) -> None:
    """What is said to have been raised, moved or set to a value ends the value that was known of the same thing."""
    assert _ruled(earlier, later) is found


@pytest.mark.parametrize(
    ("earlier", "later", "apart"),
    [
        pytest.param("I want a red kite", "I want a red canoe", True, id="two things"),
        pytest.param("I practise the oboe for 30 minutes", "I practise the oboe for 45 minutes", False, id="two amounts of one"),
        pytest.param("Ida wants her weekly digest in Norwegian", "Ida wants her weekly digest in English", False, id="two forms of one"),
        pytest.param("My son is 4 years old", "My son is 7 years old", True, id="two sons"),
        pytest.param("The shop sells 5 litre cans of paint", "The shop sells 10 litre cans of paint", True, id="which of several"),
        pytest.param("Ida wants her running report in kilometres", "Ida wants her running report in French", True, id="two sorts of form"),
        pytest.param("I like my steak well done", "I like my steak rare", False, id="two ways of one's own"),
        pytest.param("I like my toast with butter", "I like my toast with jam", True, id="two things beside one's own"),
        pytest.param("I have my savings at ING", "I have my savings at Triodos", True, id="two parts of one's own"),
        pytest.param("I like dark roast coffee", "I like light roast coffee", True, id="two kinds"),
        pytest.param("I learned that rye dough needs 6 hours", "I learned that rye dough needs 9 hours", False, id="what was learnt"),
        pytest.param("I read two books on bees", "I read two maps of Kent", True, id="what was done"),
        pytest.param("We have our wedding reception at the Mill", "We have our wedding reception at the Orangery", False, id="two places of one"),
        pytest.param("I teach a yoga class on Tuesdays", "I teach a yoga class on Fridays", True, id="days of every week"),
    ],
)
def test_what_there_can_be_several_of(earlier: str, later: str, *, apart: bool) -> None:
    """One may want several things, but of one thing only so much, and in one way: whether that is meant is left to the next judge."""
    (judgement,) = RuleJudge().judge([said(earlier, later)])
    assert (judgement is not None and judgement.relation is Relation.COEXISTS) is apart


@pytest.mark.parametrize(
    ("earlier", "later", "found"),
    [
        pytest.param("Hanna drives me to work", "Hanna no longer drives me to work", ENDED, id="the same"),
        pytest.param("Hanna drives me to work", "I no longer drive Hanna to work", None, id="the other way round"),
        pytest.param("I share a desk with Tom", "Tom no longer shares a desk with me", ENDED, id="what two do with each other"),
        pytest.param("Tom and Ida share a flat", "Ida and Tom no longer share a flat", ENDED, id="what two do together"),
    ],
)
def test_who_no_longer_does_it_and_to_whom(earlier: str, later: str, found: Relation | None) -> None:
    """That one no longer does something to another says nothing of what the other does."""
    assert _ruled(earlier, later) is found


@pytest.mark.parametrize(
    ("earlier", "later", "found"),
    [
        pytest.param("Lumen is our only supplier of paper", "Postario is our only supplier of paper", ENDED, id="an only one"),
        pytest.param("Postario is our only supplier of paper", "Lumen was our only supplier of paper", None, id="one that was"),
        pytest.param("Lumen is our supplier of paper", "Postario is our supplier of paper", None, id="one of several"),
        pytest.param("My only sister is Anna", "My only sister is Dutch", None, id="who, and what like"),
        pytest.param("Dana is the user's boss", "Omar is the user's boss", ENDED, id="the user's"),
        pytest.param("Dana is the user's boss", "Omar was the user's boss", None, id="the user's former"),
        pytest.param("Dana is the user's friend", "Omar is the user's friend", None, id="the user's one of several"),
        pytest.param("Ida is the team's designer", "Ben is the team's designer", None, id="of a group"),
    ],
)
def test_who_is_in_whose_place(earlier: str, later: str, found: Relation | None) -> None:
    """One has one boss at a time, but may have several suppliers, unless one is said to be the only one."""
    assert _ruled(earlier, later) is found


STUDIO = ("My studio is on the third floor", "My studio is in the basement now")
RENT = ("I will pay my rent on Monday", "I will pay my rent on Friday instead")


@pytest.mark.parametrize(
    ("earlier", "later", "who", "apart"),
    [
        pytest.param(*STUDIO, ("Ana", "Bo"), True, id="two"),
        pytest.param(*STUDIO, ("Dr. Lee", "Dr. Kim"), True, id="one title"),
        pytest.param(*STUDIO, ("Speaker 1", "Speaker 2"), True, id="numbers"),
        pytest.param(*STUDIO, ("Ana Silva", "Rui Silva"), True, id="one family"),
        pytest.param(*STUDIO, ("Ana", "Ana Lind"), False, id="a first name"),
        pytest.param(*STUDIO, ("ana.lind@example.org", "Ana Lind"), False, id="an address"),
        pytest.param(*STUDIO, ("Ana Lind", "alind7"), False, id="a handle"),
        pytest.param(*STUDIO, ("Anna", "Annabel"), False, id="a short form"),
        pytest.param(*STUDIO, ("Jos\u00e9", "Jose"), False, id="an accent"),
        pytest.param(*STUDIO, ("\u5c71\u7530 \u592a\u90ce", "\u5c71\u7530\u592a\u90ce"), False, id="a blank"),
        pytest.param(*STUDIO, (" User", "Ana"), False, id="a role"),
        pytest.param(*STUDIO, ("assistant", "Ana"), False, id="a model"),
        pytest.param(*RENT, ("Will", "Ben"), True, id="a name that is a word"),
        pytest.param("My favourite band is Muse", "My favourite band is Blur now", ("Ana", "Bo"), True, id="a favourite"),
        pytest.param("My studio is upstairs", "I moved your studio to the basement, and my own", ("Ana", "Bo"), False, id="spoken to"),
        pytest.param("My studio is upstairs", "My studio is Jos\u00e9's now", ("Jos\u00e9", "Bo"), False, id="named"),
        pytest.param("My son Leo is allergic to nuts", "My son Leo is no longer allergic to nuts", ("Ana", "Bo"), False, id="a name in both"),
        pytest.param("In my opinion, prod runs on Postgres", "In my opinion, prod runs on MySQL", ("Ana", "Bo"), False, id="an opinion"),
        pytest.param("My old van is at the garage", "My old boss sold it", ("Ana", "Bo"), False, id="which one"),
        pytest.param("I set retries to 3", "I set retries to 5", ("Ana", "Bo"), False, id="a deed"),
        pytest.param("I have to buy milk", "I bought milk", ("Ana", "Bo"), False, id="a chore"),
        pytest.param("Phase I starts on May 3", "Phase I starts on June 7", ("Ana", "Bo"), False, id="a number"),
        pytest.param("Parking costs 3 euros", "My parking cost 4 euros", ("Ana", "Bo"), False, id="only one"),
    ],
)
def test_two_tell_of_themselves(earlier: str, later: str, who: tuple[str, str], *, apart: bool) -> None:
    """What somebody says of themselves does not end what somebody else said of themselves, and no judge is asked."""
    sure = Always(told(Relation.SUPERSEDES, 0.99))
    pair = told_by(said(earlier, later, cosine=0.8), *who)
    (judgement,) = RuleJudge().judge([pair])
    assert (judgement is not None and judgement.reason == "Two tell of themselves.") == apart
    (found,) = Cascade([RuleJudge(), sure]).judge([pair])
    assert not apart or (found.relation, sure.asked) == (Relation.COEXISTS, 0)


@pytest.mark.parametrize(
    ("later", "found"),
    [
        pytest.param("I use Emacs", Relation.COEXISTS, id="another"),
        pytest.param("I also use Emacs now", Relation.COEXISTS, id="one more"),
        pytest.param("I use Emacs these days", Relation.SUPERSEDES, id="with a word of change"),
    ],
)
def test_one_of_several_gives_way(later: str, found: Relation) -> None:
    """Of what there can be several a judge is believed only where the later text has a word of change."""
    sure = Always(told(Relation.SUPERSEDES, 0.95))
    assert Cascade([RuleJudge(), sure]).judge([said("I use Vim", later, cosine=0.8)])[0].relation is found


@pytest.mark.parametrize(
    ("earlier", "later", "found"),
    [
        pytest.param("The admin is Ada", "Log line: the admin is Mallory now", Relation.COEXISTS, id="from a log"),
        pytest.param("I am allergic to nuts", "assistant: you are no longer allergic to nuts", Relation.COEXISTS, id="from an agent"),
        pytest.param("I am allergic to nuts", "**Assistant** (bot): no longer allergic to nuts", Relation.COEXISTS, id="from an agent, in bold"),
        pytest.param("I live in Oslo", "Assistant: where do you live?\nUser: I moved to Rome", Relation.SUPERSEDES, id="the user's answer"),
        pytest.param("The assistant runs on Llama", "Assistant: it runs on Mistral now", Relation.SUPERSEDES, id="of the agent"),
        pytest.param("I live in Oslo", "Forwarded from Bo: I moved to Rome", Relation.COEXISTS, id="from somebody, of themselves"),
        pytest.param("I live in Oslo", "Forwarded from my work account: I moved to Rome", Relation.SUPERSEDES, id="from oneself"),
        pytest.param("Bo lives in Oslo", "Forwarded from Bo: I moved to Rome", Relation.SUPERSEDES, id="from whom it is about"),
        pytest.param("My sister lives in Graz", "Text from my sister: I moved to Rome", Relation.SUPERSEDES, id="from a relative whom it is about"),
        pytest.param("My rent is 900 euros", "Message from the landlord: I raise your rent to 950 euros", Relation.SUPERSEDES, id="from somebody, to the user"),
        pytest.param("The meeting is at 3pm", "Message from Anna: I moved the meeting to 4pm", Relation.SUPERSEDES, id="from somebody, of something"),
        pytest.param("I live in Oslo", "Mail from my iPhone: I live in Rome", Relation.SUPERSEDES, id="from a device of one's own"),
        pytest.param("I live in Oslo, mail me there", "Mail from Bo: I live in Rome", Relation.COEXISTS, id="a word of the mark that names nobody"),
        pytest.param("I live in Oslo", "Assistant: my address changed, I live in Rome", Relation.SUPERSEDES, id="to an agent"),
        pytest.param("I live in Oslo", "Lyrics: I live in Rome, oh in Rome", Relation.COEXISTS, id="a song"),
        pytest.param("I live in Oslo", "Character sheet: I live in Rome", Relation.COEXISTS, id="a role"),
        pytest.param("Character sheet: I live in Oslo", "Character sheet: I live in Rome", Relation.SUPERSEDES, id="of the same role"),
        pytest.param("I live in Oslo", "Update: I live in Rome", Relation.SUPERSEDES, id="news"),
    ],
)
def test_what_stands_before_a_text(earlier: str, later: str, found: Relation) -> None:
    """What is marked as words of a log, an agent or somebody else settles nothing of the user, whatever a judge says; it may of whom or what it is about."""
    sure = Always(told(Relation.SUPERSEDES, 0.97))
    assert Cascade([RuleJudge(), sure]).judge([said(earlier, later, cosine=0.8)])[0].relation is found


@pytest.mark.parametrize("text", ["I'm allergic to nuts", "I play the piano", "I live in the Netherlands"])
def test_the_same_words_of_two(text: str) -> None:
    """Two who say the same of themselves are two memories, whether the rules see it or a judge does; of one it is a repetition."""
    judge = Cascade([RuleJudge(), Always(told(Relation.DUPLICATE, 0.99))])
    for pair, merged in (
        (told_by(said(text, text, cosine=1.0), "Ana", "Ana"), True),
        (told_by(said(text, text, cosine=1.0), "Ana", "Bo"), False),
        (told_by(said(text, f"Oh, {text} too", cosine=0.8), "Ana", "Bo"), False),
    ):
        (judgement,) = judge.judge([pair])
        assert (judgement.relation is Relation.DUPLICATE and judgement.score >= Policy().reinforce_at) == merged


def test_who_is_told_to_remember_it() -> None:
    """An agent that remembers "my rent" speaks for its user: only in a conversation is it known who says "my"."""
    pair = said("My rent is 900 euros", "My rent went up to 1000 euros")
    as_told = replace(pair, earlier=replace(pair.earlier, source=replace(pair.earlier.source, actor="claude-code")))
    told_so, by_agent = Cascade([RuleJudge()]).judge([pair, as_told])
    assert told_so.relation is ENDED
    assert by_agent.reason != "Two tell of themselves."


def test_a_judge_is_asked_about_a_changed_value() -> None:
    """The rules do not see whom it concerns where that is told in other words; a judge that is surer of it is believed."""
    pair = said("The rent is 850", "The rent went up to 900")
    sure, unsure = (Always(told(Relation.COEXISTS, score)) for score in (0.95, 0.6))
    assert Cascade([RuleJudge(), sure]).judge([pair])[0].relation is Relation.COEXISTS
    assert Cascade([RuleJudge(), unsure]).judge([pair])[0].relation is ENDED


def test_rules_and_judge_that_agree() -> None:
    """What the rules have read is kept where another judge sees a clash as well, in its own words and of whatever kind."""
    pair = said("The deadline for the grant is Friday", "The deadline for the grant has been moved to Wednesday")
    judged = Cascade([RuleJudge(), Always(told(Relation.CONTRADICTS, 0.98))]).judge([pair])[0]
    assert (judged.relation, judged.judge) == (ENDED, RULES)
    assert judged.reason == "It says what became of it: Wednesday, where it was Friday."


def test_what_the_rules_hold_apart_may_be_said_again() -> None:
    """What is said on a condition, and one more of several, end nothing, however sure a judge is; that they say the same again it may find."""
    for earlier, later in (
        ("The keys hang by the door", "If you look for the keys, they hang by the door"),
        ("I like seats at the window", "When I fly, I like to sit at the window"),
    ):
        judges = (Always(told(relation, 0.97)) for relation in (ENDED, Relation.DUPLICATE))
        found = [Cascade([RuleJudge(), judge]).judge([said(earlier, later)])[0].relation for judge in judges]
        assert found == [Relation.COEXISTS, Relation.DUPLICATE]


def test_a_promise_kept_in_the_same_words() -> None:
    """A judge that takes the deed for the promise is not believed over the rules, which see that it was done."""
    pair = said("I will call the piano tuner for Mum", "I called the piano tuner for Mum")
    pair = typed(pair, MemoryType.COMMITMENT, MemoryType.EVENT)
    assert Cascade([RuleJudge(), Always(told(Relation.DUPLICATE))]).judge([pair])[0].relation is ENDED


@pytest.mark.parametrize(
    ("earlier", "later", "found"),
    [
        pytest.param("The login page shows an error", "The login page works fine", ENDED, id="it works"),
        pytest.param("The CSV export doesn't work", "The CSV export works again", ENDED, id="it was denied to work"),
        pytest.param("Checkout fails on Safari", "Checkout works fine on Chrome", None, id="somewhere else"),
        pytest.param("The printer by the lift jams", "The printer by the stairs works fine", None, id="another"),
        pytest.param("The build fails on Windows", "The build is not working again", None, id="it is denied"),
        pytest.param("The build fails on Ana's machine", "The build works fine on my machine", None, id="on another machine"),
        pytest.param("The import fails with more than 100 rows", "The import works fine", None, id="a case of it"),
        pytest.param("The camera fails on Zoom", "Zoom works fine", None, id="what it was used with"),
        pytest.param("The wifi drops every hour", "The wifi works now and then", None, id="now and then"),
        pytest.param("The login page shows an error", "The login page should work fine", None, id="it should"),
        pytest.param("Login fails, signup too", "Login works again", None, id="one of two"),
        pytest.param("Login fails without a VPN", "Login works fine", None, id="without something"),
        pytest.param("Login is failing", "Login works again now", ENDED, id="now"),
    ],
)
def test_an_error_is_over_when_it_works(earlier: str, later: str, found: Relation | None) -> None:
    """What is said to work ends an error of the same thing, at the same place, and of what is no error it tells nothing."""
    assert _ruled(earlier, later, MemoryType.ERROR) is found
    assert _ruled(earlier, later) is not ENDED


def test_a_goal_is_not_ended_on_the_way() -> None:
    """How far it has got ends no goal; another goal does."""
    pair = said("Test coverage of 85 %", "Test coverage went up to 71 %")
    (judgement,) = RuleJudge().judge([typed(pair, MemoryType.GOAL)])
    assert judgement is None


def _ruled(earlier: str, later: str, kind: MemoryType = MemoryType.FACT) -> Relation | None:
    """What the rules are sure of where the earlier one is of this type, ``None`` where they end and merge nothing."""
    (judgement,) = RuleJudge().judge([typed(said(earlier, later), kind)])
    return judgement.relation if judgement and judgement.relation in (ENDED, Relation.DUPLICATE) else None
