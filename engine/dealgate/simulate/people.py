"""Invented people and companies. Every address ends in ``.example``, which nobody can own (RFC 2606)."""

from __future__ import annotations

from functools import lru_cache
from random import Random

from dealgate.simulate.days import pick


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


GIVEN = _words(
    "Amara Noor Lucía Chidi Mei Kwame Ingrid Tariq Yuki Elena Mateo Priya Jonas Zanele Aoife Rafael Hana Omar Freya "
    "Diego Anh Leila Viktor Sofia Kofi Marta Ravi Chloé Emeka Saoirse Jin Paula Idris Linnea Tomás Ayşe Nikhil Greta "
    "Samira Pavel Ines Malik Haruka Bruno Thandi Oskar Nadia Femi Carmen Sven Lakshmi Petra Youssef Maeve Andrei "
    "Rosa Tunde Helga Arjun Camille"
)
FAMILY = _words(
    "Okafor Lindqvist Haddad Tanaka Moreno Mensah Novák Rahman Castellano Byrne Iyer Kowalczyk Dlamini Ferreira "
    "Nakamura Osei Bergström Silva Farouk Petrov Nguyen Adeyemi Marchetti Jansen Quispe Demir Sørensen Banerjee "
    "Kim Abebe Dubois Horvat O'Rourke Mbeki Suzuki Vargas Eriksen Chowdhury Popescu Achterberg Ndiaye Salazar Weiss "
    "Ito Kamara Lopes Hakimi Virtanen Desai Fontaine Mutua Grünwald Park Solheim Tavares Zhou Bianchi Ochieng Leclerc "
    "Raman"
)
_ROOTS = _words(
    "Aldermoor Brackwell Corvane Dunmarsh Elverton Fennholt Garrowby Halvexa Istrolan Jorvane Kestrova Lomandra "
    "Mirefall Nordhaven Ostrava-Lind Pellworth Quillmere Ravensby Solventra Tarnwick Ulverdale Velmora Wexholm "
    "Yarrowgate Zephrane Ashgrovia Belcastra Cindermoor Drovewell Eskmarsh Farrowind Glimmerholt Hartsvale Ivenmoor "
    "Juniperra Kilnbrook Larkhollow Marrowby Nettlecombe Oakvanta"
)
_TRADES = {
    "manufacturing": ("Castings", "Tooling", "Components", "Mills"),
    "logistics": ("Freight", "Logistics", "Haulage", "Couriers"),
    "healthcare": ("Clinics", "Diagnostics", "Care", "Pharmacies"),
    "retail": ("Outfitters", "Stores", "Provisions", "Home"),
    "software": ("Systems", "Labs", "Data", "Cloudworks"),
    "financial services": ("Capital", "Mutual", "Underwriters", "Ledger"),
    "education": ("Academies", "Learning", "Institute", "Schools"),
    "construction": ("Builders", "Surveyors", "Groundworks", "Joinery"),
}
INDUSTRIES = tuple(_TRADES)
# region: countries with the legal form usual there
REGIONS = {
    "EMEA": (("GB", "Ltd"), ("DE", "GmbH"), ("SE", "AB"), ("FR", "SAS"), ("ZA", "Pty Ltd"), ("AE", "LLC")),
    "AMER": (("US", "Inc."), ("CA", "Inc."), ("BR", "Ltda"), ("MX", "SA de CV")),
    "APAC": (("AU", "Pty Ltd"), ("JP", "KK"), ("SG", "Pte Ltd"), ("IN", "Pvt Ltd")),
}
TITLES = {
    "decision_owner": ("Managing Director", "VP Operations", "Chief Operating Officer"),
    "economic_buyer": ("Chief Financial Officer", "Finance Director"),
    "executive_sponsor": ("Chief Executive", "Chief Operating Officer"),
    "champion": ("Head of Operations", "Operations Manager", "Programme Lead"),
    "influencer": ("Solutions Architect", "Process Analyst", "IT Manager"),
    "user": ("Team Lead", "Planner", "Office Manager"),
    "legal": ("General Counsel", "Contracts Manager"),
    "procurement": ("Head of Procurement", "Buyer"),
    "security": ("Security Officer",),
    "blocker": ("Head of IT",),
    "other": ("Assistant", ""),
}


def person(rng: Random) -> str:
    """A given and a family name, from all over the world."""
    return f"{pick(rng, GIVEN)} {pick(rng, FAMILY)}"


def company_name(rng: Random, industry: str) -> str:
    """An invented company of that industry, without its legal form."""
    return f"{pick(rng, _ROOTS)} {pick(rng, _TRADES[industry])}"


_PLAIN = str.maketrans("áéíóúñçşiöüøğãêâôàèşÅåäœæý", "aeiouncsiouogaeaoaesaaaaay", "' .,&-")


@lru_cache(maxsize=4096)
def plain(text: str) -> str:
    """Lower-case letters fit for an address."""
    return text.lower().translate(_PLAIN)


def address(name: str, company: str) -> str:
    """The e-mail address of a person at a company."""
    given, _, family = name.partition(" ")
    return f"{plain(given)}.{plain(family)}@{plain(company)}.example"
