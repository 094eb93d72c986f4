"""Invented people and companies. Domains end in ``.example``; numbers of documents are valid in form and belong to nobody."""

import random
import string
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from portal.kernel.core import clock

FIRST_NAMES = [
    "Aarav",
    "Aditi",
    "Ajay",
    "Akshata",
    "Amol",
    "Anagha",
    "Aniket",
    "Anjali",
    "Anvi",
    "Arjun",
    "Asha",
    "Ashok",
    "Bhavna",
    "Chaitali",
    "Chetan",
    "Deepa",
    "Dhruv",
    "Divya",
    "Esha",
    "Farhan",
    "Gauri",
    "Girish",
    "Harsh",
    "Hema",
    "Imran",
    "Ishaan",
    "Jaya",
    "Jatin",
    "Kabir",
    "Kavita",
    "Ketan",
    "Kiran",
    "Lata",
    "Madhav",
    "Manasi",
    "Meera",
    "Mihir",
    "Nandini",
    "Neha",
    "Nikhil",
    "Nisha",
    "Omkar",
    "Pallavi",
    "Parth",
    "Pooja",
    "Prachi",
    "Pranav",
    "Priya",
    "Rahul",
    "Rajesh",
    "Rekha",
    "Ritu",
    "Rohan",
    "Sachin",
    "Sanika",
    "Sarika",
    "Shreya",
    "Siddharth",
    "Sneha",
    "Sunil",
    "Swati",
    "Tanvi",
    "Tejas",
    "Uma",
    "Varun",
    "Vidya",
    "Vikram",
    "Yamini",
    "Yash",
    "Zoya",
]
LAST_NAMES = [
    "Bhosale",
    "Chavan",
    "Deshmukh",
    "Deshpande",
    "Dixit",
    "Gaikwad",
    "Ghosh",
    "Gokhale",
    "Gupta",
    "Iyer",
    "Jadhav",
    "Joshi",
    "Kadam",
    "Kale",
    "Kamat",
    "Khan",
    "Kulkarni",
    "Mehta",
    "Menon",
    "Mishra",
    "More",
    "Nair",
    "Naik",
    "Pandey",
    "Parab",
    "Patil",
    "Pawar",
    "Pillai",
    "Rane",
    "Rao",
    "Reddy",
    "Sawant",
    "Sen",
    "Shah",
    "Sharma",
    "Shetty",
    "Shinde",
    "Singh",
    "Tambe",
    "Thakur",
    "Tiwari",
    "Verma",
    "Wagh",
    "Yadav",
]
COMPANY_FIRST = [
    "Nashik",
    "Godavari",
    "Sahyadri",
    "Panchavati",
    "Trimbak",
    "Konkan",
    "Deccan",
    "Vindhya",
    "Malabar",
    "Satpura",
    "Narmada",
    "Kaveri",
    "Aravali",
    "Sutlej",
]
COMPANY_SECOND = [
    "Textiles",
    "Traders",
    "Logistics",
    "Foods",
    "Motors",
    "Clinics",
    "Courier",
    "Books",
    "Seeds",
    "Solar",
    "Travels",
    "Hardware",
    "Dairy",
    "Pharma",
    "Toys",
]
LANGUAGES = ("en", "en", "en", "hi", "hi", "mr", "mr")
#: GST codes of the states in which the story's organisations sit.
STATES = ("27", "27", "27", "29", "24", "07", "33")

#: The day of the policy: everything in the story happens after it.
OPENED = date(2025, 12, 15)
FIRST_CUSTOMERS = time(12)


@dataclass
class Cast:
    """Where the story draws its chances, its time and its names from."""

    seed: int
    start: datetime
    rng: random.Random = field(init=False)
    _emails: set[str] = field(default_factory=set)
    _phones: Iterator[str] = field(init=False)

    def __post_init__(self) -> None:
        self.rng = random.Random(self.seed)
        # One run of a hundred thousand invented numbers; nothing is ever sent to them from the demonstration.
        order = list(range(100_000))
        self.rng.shuffle(order)
        self._phones = iter([f"+9191000{number:05d}" for number in order])

    def ago(self, *, days: float = 0, hours: float = 0) -> datetime:
        """An instant before the start of the story, in whole milliseconds; not before the office was open."""
        moment = max(self.start - timedelta(days=days, hours=hours), self.on(OPENED, FIRST_CUSTOMERS))
        return moment.replace(microsecond=moment.microsecond // 1000 * 1000)

    def on(self, day: date, at: time) -> datetime:
        """An hour of a day in India; the start of the story at the latest."""
        return min(datetime.combine(day, at, tzinfo=clock.IST), self.start)

    def day(self, days: int) -> date:
        """A date that many days after the start."""
        return (self.start + timedelta(days=days)).date()

    def person(self) -> tuple[str, str, str]:
        """A full name, an e-mail address that nobody else in the story has, and a language."""
        first, last = self.rng.choice(FIRST_NAMES), self.rng.choice(LAST_NAMES)
        base = f"{first}.{last}".lower()
        email = f"{base}@people.example"
        while email in self._emails:
            email = f"{base}{self.rng.randrange(2, 9999)}@people.example"
        self._emails.add(email)
        return f"{first} {last}", email, self.rng.choice(LANGUAGES)

    def phone(self) -> str:
        """The next number of the story."""
        return next(self._phones)

    def company(self) -> str:
        form = self.rng.choice(("Private Limited", "LLP", "& Sons", "Limited"))
        return f"{self.rng.choice(COMPANY_FIRST)} {self.rng.choice(COMPANY_SECOND)} {form}"

    def pan(self, name: str, *, holder: str = "P") -> str:
        """A PAN that is right in form: holder type in the fourth place, the name's first letter in the fifth."""
        letters = "".join(self.rng.choice(string.ascii_uppercase) for _ in range(3))
        word = name.rsplit(maxsplit=1)[-1] if holder == "P" else name
        return (
            f"{letters}{holder}{word[0].upper()}{self.rng.randrange(1, 10_000):04d}"
            f"{self.rng.choice(string.ascii_uppercase)}"
        )

    def gstin(self, pan: str) -> str:
        """A GSTIN around the PAN, with its check character."""
        return with_gstin_check(f"{self.rng.choice(STATES)}{pan}{self.rng.randrange(1, 10)}Z")


BASE36 = string.digits + string.ascii_uppercase


def with_gstin_check(body: str) -> str:
    """Fourteen characters and their check character: factors 1 and 2 over base 36, quotient and remainder summed."""
    total = 0
    for place, character in enumerate(body):
        product = BASE36.index(character) * (1 if place % 2 == 0 else 2)
        total += product // 36 + product % 36
    return body + BASE36[-total % 36]
