"""What people write into a CRM: prose by field, next steps by stage, and the words that stand for nothing."""

from __future__ import annotations

PLACEHOLDERS = ("tbd", "n/a", "?", "TBD", "N/A", "tba", "-", "xxx")
PRODUCTS = ("Core", "Core Plus", "Planning", "Insights", "Field", "Connect")
ADD_ONS = ("Onboarding", "Support plan", "Connectors", "Training days")
TECHNOLOGIES = ("spreadsheets", "legacy ERP", "cloud ERP", "in-house tool", "data warehouse", "ticketing", "BI suite")
TRIGGERS = (
    "New plant opens next year",
    "New head of operations",
    "Merged with a smaller rival",
    "Failed an audit last spring",
    "Hiring freeze announced",
    "Current contract ends",
)

# field id: (stage index where it is due, sentences)
PROSE: dict[str, tuple[int, tuple[str, ...]]] = {
    "topic": (
        0,
        (
            "Late invoices",
            "Stock they cannot see",
            "Planning by spreadsheet",
            "Month end takes too long",
            "Too many tools",
        ),
    ),
    "pain_statement": (
        1,
        (
            "Late invoices cost us a day a week",
            "We find out about shortages when the customer calls",
            "Nobody trusts the numbers in the Monday meeting",
            "Two people do nothing but copy orders between systems",
            "We lost a contract because we quoted three days late",
            "Every audit means a fortnight of searching",
        ),
    ),
    "close_date_reason": (
        1,
        (
            "Their contract with the present supplier ends then",
            "Budget has to be committed before year end",
            "The new site opens the month after",
            "Board decides in its quarterly meeting",
            "They want to be live before the season",
        ),
    ),
    "impact_statement": (
        2,
        (
            "Overtime of two people all year",
            "One order in twelve ships late",
            "Four days to close the month",
            "Penalties paid twice last year",
        ),
    ),
    "success_metric": (
        2,
        ("Orders shipped on time", "Days to close the month", "Hours spent on reports", "Quotes sent within a day"),
    ),
    "decision_criteria": (
        2,
        (
            "Fits their ERP, live in 60 days, under budget",
            "Ease of use for planners, price, references",
            "Security review passed and two references in their trade",
        ),
    ),
    "decision_process": (
        1,
        (
            "Operations recommends, finance signs, legal reads the contract",
            "Steering group shortlists, managing director decides",
            "Pilot, then the board",
        ),
    ),
    "competitor": (
        2,
        ("Doing nothing", "In-house tool", "A cheaper tool", "The supplier they have", "A larger suite"),
    ),
    "terms": (4, ("Yearly, paid in advance", "Three years, 60 days net", "Quarterly, 30 days net")),
    "paper_process": (
        4,
        (
            "Legal reads it in a week, procurement issues the order",
            "Security questionnaire, then signature by finance",
            "Order form only, signed by the managing director",
        ),
    ),
}
OUTCOME_NOTES = {
    "price": ("They said the price was twice what they had planned",),
    "no-decision": ("The project was put aside", "They stay with what they have"),
    "competitor": ("They chose the supplier they knew", "Another offer had the module they wanted"),
    "timing": ("They will look again next year", "Reorganisation first"),
    "poor-fit": ("We do not cover their main process",),
    "won": ("Because we were quick to answer", "Because the pilot team asked for us"),
}
NEXT_STEPS: tuple[tuple[tuple[str, str], ...], ...] = (
    (("Call again", "seller"), ("First meeting", "both"), ("They name the right person", "buyer")),
    (("Discovery meeting", "both"), ("Send summary", "seller"), ("They confirm the budget range", "buyer")),
    (("Workshop with their planners", "both"), ("Send recap", "seller"), ("They confirm the recap", "buyer")),
    (("Walk through the proposal", "both"), ("Chase the proposal", "seller"), ("They send their changes", "buyer")),
    (("Chase signature", "seller"), ("Legal call", "both"), ("They return the contract", "buyer")),
    (("Kickoff", "both"), ("Review first value", "both"), ("Ask for a reference", "seller")),
)
SUBJECTS = {
    "email": ("Following up", "Summary of today", "Question on your process"),
    "call": ("Call", "Quick call"),
    "meeting": ("Meeting", "Discovery", "Workshop"),
    "demo": ("Demo",),
    "proposal_review": ("Review of the proposal",),
    "message": ("Message",),
    "task": ("Prepare", "Update CRM"),
    "note": ("Note",),
}
# reason on the leads process's list: what is written beside it
DISQUALIFIED = {
    "poor-fit": ("Too small for us", "A student's project"),
    "excluded": ("A competitor of ours",),
    "no-need": ("Only looking around", "No such need"),
    "duplicate": ("A colleague of theirs talks to us already",),
}
RECYCLED = {
    "not-now": ("No time this quarter", "Budget next year", "Waits for a new system"),
    "no-answer": ("Did not answer six tries", "The person left"),
}
