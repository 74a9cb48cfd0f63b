"""Two lists of neutral sentences, written for this script: one to calibrate on, one to measure on.

Neither holds a word of any benchmark, so that no figure measured on a benchmark was tuned on it.
"""

CALIBRATION = (
    "The ferry to the island leaves at nine every morning except Sunday.",
    "My sister moved from Lisbon to a small village in the north last spring.",
    "Please remember that the meeting on Thursday starts half an hour earlier.",
    "He prefers tea without sugar, but he likes his coffee very sweet.",
    "The server ran out of disk space at 03:14 and the backup job failed.",
    "We decided to use PostgreSQL instead of MySQL for the billing service.",
    "What did the doctor say about her knee?",
    "Two hundred grams of flour, three eggs and a pinch of salt.",
    "Children under twelve travel free when they are with an adult.",
    "The old bridge was rebuilt in 1931 after the flood.",
    "I am allergic to peanuts, and so is my youngest son.",
    "The quarterly report shows a loss of 4.2 million euros.",
    "How do I reset the password of my account?",
    "She plays the violin in a string quartet on weekends.",
    "def add(a, b): return a + b",
    "The train was late again; we missed the connection in Cologne.",
    "Clouds moved in from the west, and by evening it was raining.",
    "No, I have never been to Japan, though I would love to go.",
    "The contract ends on 30 June 2027 unless both sides renew it.",
    "Our dog Bruno is afraid of thunder and hides under the bed.",
    "thanks!",
    "Always answer in short sentences, and never use the word synergy.",
    "The museum has four floors: paintings, coins, maps, and a café with a view of the harbour.",
    "ValueError: expected 3 columns, found 5",
    "Maybe we should ask the landlord first, because the lease says nothing about pets.",
    "Mon frère habite à Lyon depuis dix ans.",
    "Speaker: I finished the first draft yesterday. Listener: Good, when can I read it?",
    (
        "The recipe asks for a warm oven, a wide pan, patience, and about forty minutes in which nobody opens the door; after that the crust should be "
        "golden and the middle still soft, and it keeps for three days if it is covered."
    ),
)

MEASUREMENT = (
    "Anna works as a nurse in a hospital in Porto.",
    "The library closes at six on Saturdays.",
    "They postponed the launch until the beginning of March.",
    "Which restaurant did we go to after the concert?",
    "The function returns an empty list when no rows match.",
    "He sold his motorcycle and bought an electric bicycle.",
    "A large oak fell across the road during the storm.",
    "My favourite colour used to be green, now it is dark blue.",
    "yes",
    "Invoice 20871 was paid twice by mistake, and the second payment has to be refunded within ten days.",
    "Why does the build fail on Windows only?",
    "Grandmother bakes bread every Friday and gives half of it to the neighbours.",
    (
        "The committee could not agree on a date, so the chair proposed to vote by mail; nobody objected, and the ballots were sent out on the following "
        "Monday together with a short summary of both proposals and the names of those who had signed them."
    ),
    "Der Zug nach Wien fährt um acht Uhr ab.",
    "Mount the drive first, then run the script as root.",
    "Tom and Maria got married in a small chapel near the lake.",
    "Do not send me any notifications before eight in the morning.",
    "The second experiment failed because the sensor had not been calibrated.",
    "🚲",
    "Her flight to Oslo was cancelled, so she took the night train.",
    "Remind me to water the plants while my parents are away.",
    "The new policy applies to contractors as well, starting next year.",
    "SELECT name FROM city WHERE population > 100000 ORDER BY name;",
    "I used to run ten kilometres a day before I hurt my ankle.",
)
