"""The example vehicles: a plate of some state on a car somebody might drive there."""

import random
from dataclasses import dataclass

from lprsvc.example.drawing.designs import PLATE_DESIGNS
from lprsvc.example.drawing.scenes import Subject

VEHICLE_COUNT = 700


@dataclass(frozen=True, slots=True)
class ExampleVehicle:
    """One vehicle: `serial` as it stands on the plate, `plate` as a camera's software reads it."""

    number: int
    state: str
    serial: str
    make: str
    model: str
    body: str
    color: str
    metro: str

    @property
    def plate(self) -> str:
        """The serial without the spaces, hyphens and emblems between its characters."""
        return "".join(sign for sign in self.serial if sign.isalnum())

    @property
    def subject(self) -> Subject:
        """What to draw."""
        return Subject(self.state, self.serial, self.body, self.color, self.number)


@dataclass(frozen=True, slots=True)
class NamedVehicle:
    """A vehicle that documentation may speak of: its plate, how often it was read, its story."""

    state: str
    serial: str
    make: str
    model: str
    body: str
    color: str
    metro: str
    reads: int
    story: str


NAMED_VEHICLES: tuple[NamedVehicle, ...] = (
    NamedVehicle("US-PA", "ABC123", "Toyota", "Camry", "sedan", "silver", "philadelphia", 60,
                 "commutes over the Delaware toll road; drives to New York most months"),
    NamedVehicle("US-NY", "XYZ-1234", "Ford", "Explorer", "suv", "black", "new-york", 52,
                 "crosses the bridges daily; twice down I-95 to Florida"),
    NamedVehicle("US-IL", "CH 40417", "Chevrolet", "Silverado", "pickup", "red", "chicago", 48,
                 "between the Skyway and O'Hare; seen by the repossession truck at night"),
    NamedVehicle("US-NJ", "M77-KPH", "Honda", "Accord", "sedan", "blue", "new-york", 44,
                 "parks at Newark airport and Elizabeth every week"),
    NamedVehicle("US-DE", "945807", "Ram", "ProMaster", "van", "white", "philadelphia", 40,
                 "a delivery van: many reads a day on few days"),
    NamedVehicle("US-TX", "EHA*9721", "GMC", "Sierra", "pickup", "gray", "elsewhere", 36,
                 "Houston and Dallas; once to Chicago"),
    NamedVehicle("US-FL", "VCS J23", "Nissan", "Altima", "sedan", "orange", "elsewhere", 32,
                 "Jacksonville; up I-95 in spring, back in autumn"),
    NamedVehicle("US-CA", "7JKL482", "Tesla", "Model 3", "sedan", "white", "elsewhere", 30,
                 "Los Angeles only"),
)  # fmt: skip

_MODELS: tuple[tuple[str, str, str], ...] = (
    ("Toyota", "Camry", "sedan"), ("Toyota", "Corolla", "sedan"), ("Toyota", "RAV4", "suv"),
    ("Toyota", "Tacoma", "pickup"), ("Toyota", "Sienna", "van"), ("Honda", "Accord", "sedan"),
    ("Honda", "Civic", "sedan"), ("Honda", "CR-V", "suv"), ("Honda", "Fit", "hatchback"),
    ("Ford", "F-150", "pickup"), ("Ford", "Explorer", "suv"), ("Ford", "Fusion", "sedan"),
    ("Ford", "Transit", "van"), ("Ford", "Mustang", "coupe"), ("Chevrolet", "Silverado", "pickup"),
    ("Chevrolet", "Malibu", "sedan"), ("Chevrolet", "Tahoe", "suv"), ("Nissan", "Altima", "sedan"),
    ("Nissan", "Rogue", "suv"), ("Hyundai", "Elantra", "sedan"), ("Hyundai", "Tucson", "suv"),
    ("Kia", "Forte", "sedan"), ("Kia", "Sorento", "suv"), ("Jeep", "Cherokee", "suv"),
    ("Subaru", "Outback", "hatchback"), ("Volkswagen", "Golf", "hatchback"),
    ("BMW", "330i", "sedan"), ("Mercedes-Benz", "C 300", "coupe"), ("Dodge", "Challenger", "coupe"),
    ("Ram", "1500", "pickup"), ("GMC", "Sierra", "pickup"), ("Tesla", "Model Y", "hatchback"),
)  # fmt: skip
_COLOURS = {"white": 24, "black": 20, "gray": 18, "silver": 14, "blue": 9, "red": 8, "green": 2,
            "brown": 1, "beige": 1, "gold": 1, "orange": 1, "maroon": 1}  # fmt: skip
_METROS = {"new-york": 40, "chicago": 30, "philadelphia": 20, "elsewhere": 10}
_HOME_STATES: dict[str, dict[str, int]] = {
    "new-york": {"US-NY": 48, "US-NJ": 28, "US-CT": 10, "US-PA": 5, "US-MA": 3, "US-VA": 2},
    "chicago": {"US-IL": 62, "US-IN": 14, "US-WI": 12, "US-MI": 5, "US-MN": 3, "US-MO": 2},
    "philadelphia": {"US-PA": 44, "US-DE": 18, "US-NJ": 16, "US-MD": 14, "US-DC": 3, "US-VA": 3},
    "elsewhere": {"US-TX": 22, "US-CA": 18, "US-AZ": 12, "US-FL": 12, "US-GA": 9, "US-MA": 9,
                  "US-VA": 9, "US-NC": 4, "US-OH": 6, "US-TN": 2},
}  # fmt: skip


def _weighted(source: random.Random, weights: dict[str, int]) -> str:
    return source.choices(list(weights), list(weights.values()))[0]


def make_vehicles(count: int = VEHICLE_COUNT) -> tuple[ExampleVehicle, ...]:
    """The named vehicles, then drawn ones until there are `count`; no plate twice in a state."""
    vehicles = [
        ExampleVehicle(number, named.state, named.serial, named.make, named.model, named.body,
                       named.color, named.metro)
        for number, named in enumerate(NAMED_VEHICLES)
    ]  # fmt: skip
    taken = {(vehicle.state, vehicle.plate) for vehicle in vehicles}
    source = random.Random("example vehicles")
    while len(vehicles) < count:
        vehicle = _random_vehicle(source, len(vehicles))
        if (vehicle.state, vehicle.plate) not in taken:
            taken.add((vehicle.state, vehicle.plate))
            vehicles.append(vehicle)
    return tuple(vehicles)


def _random_vehicle(source: random.Random, number: int) -> ExampleVehicle:
    metro = _weighted(source, _METROS)
    # One in twenty comes from anywhere.
    far = source.random() < 0.05
    state = source.choice(sorted(PLATE_DESIGNS)) if far else _weighted(source, _HOME_STATES[metro])
    make, model, body = source.choice(_MODELS)
    serial = PLATE_DESIGNS[state].random_serial(source)
    return ExampleVehicle(
        number, state, serial, make, model, body, _weighted(source, _COLOURS), metro
    )
