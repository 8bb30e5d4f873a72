"""Checks an exported bundle of the log, off-line: `python verifier.py BUNDLE --policy FILE`.

It stands alone, on Python and the package `cryptography`: it shares the format with the service
(``lprsvc-audit-bundle/1``, leaf format v1, C2SP notes, RFC 6962) and not a line of code, so that a
fault of the one does not hide in the other.

Says yes only when the log's key has signed the checkpoint, every entry's fields lead to its leaf,
all leaves with the cover lead to the signed root, what is erased was erased by an order of two in
the log itself, and what you kept (receipts, older checkpoints) is still there. What it can't show:
that the service told the truth when it recorded.
"""

import argparse
import base64
import binascii
import hashlib
import json
import re
import sys
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

FORMAT = "lprsvc-audit-bundle/1"
LEAF_KEYS = {"at", "body", "id", "kind", "v"}
FORMS = {
    frozenset({"i", "leaf", "seed", "fields"}): "full",
    frozenset({"i", "leaf", "fields", "salts", "closed"}): "redacted",
    frozenset({"i", "leaf"}): "erased",
    frozenset({"i", "hash"}): "hash only",
}
_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode
_HEX32 = re.compile(r"[0-9a-f]{64}", re.ASCII)
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}", re.ASCII)
_AT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII)
_LEAF_TEXT = re.compile(r"[ !#-\[\]-~]*")


class Invalid(Exception):
    """The bundle does not hold what it claims; the message says what and where."""


@dataclass(frozen=True, slots=True)
class Key:
    """A public key as a policy names it."""

    name: str
    algorithm: int
    public: bytes

    @classmethod
    def parse(cls, text: str) -> "Key":
        """From ``name+id+base64``. Raises Invalid."""
        try:
            name, key_id, encoded = text.split("+", 2)
            raw = base64.b64decode(encoded, validate=True)
        except (ValueError, binascii.Error):
            raise Invalid(f"policy: {text!r} is no key") from None
        if len(raw) != 33 or raw[0] not in {1, 4}:
            raise Invalid(f"policy: {name} is no Ed25519 key")
        key = cls(name, raw[0], raw[1:])
        if key.id.hex() != key_id:
            raise Invalid(f"policy: the id of {name} is not that of its key")
        return key

    @property
    def id(self) -> bytes:
        """Four bytes over name, algorithm and key."""
        named = self.name.encode() + b"\n" + bytes([self.algorithm]) + self.public
        return hashlib.sha256(named).digest()[:4]

    def verify(self, text: str, signature: bytes) -> bool:
        """Whether this key signed the text of a note."""
        signed = text.encode()
        if self.algorithm == 4:
            seconds, signature = int.from_bytes(signature[:8], "big"), signature[8:]
            signed = f"cosignature/v1\ntime {seconds}\n".encode() + signed
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, signed)
        except InvalidSignature:
            return False
        return True


@dataclass(slots=True)
class Policy:
    """Whose signatures a checkpoint needs: the log's, and of `quorum` witnesses."""

    logs: list[Key] = field(default_factory=list)
    witnesses: list[Key] = field(default_factory=list)
    quorum: int = 0

    @classmethod
    def parse(cls, text: str) -> "Policy":
        """Lines ``log <key>``, ``witness <name> <key>``, ``quorum none|any|all|<n>``."""
        policy, quorum = cls(), "none"
        for line in text.splitlines():
            words = line.split()
            if not words or words[0].startswith("#"):
                continue
            if words[0] == "log" and len(words) in {2, 3}:
                policy.logs.append(Key.parse(words[1]))
            elif words[0] == "witness" and len(words) >= 3:
                policy.witnesses.append(Key.parse(words[2]))
            elif words[0] == "quorum" and len(words) == 2:
                quorum = words[1]
            else:
                raise Invalid(f"policy: {line!r} is not understood")
        needed = {"none": 0, "any": 1, "all": len(policy.witnesses)}.get(quorum)
        if needed is None:
            if not quorum.isdecimal():
                raise Invalid(f"policy: quorum {quorum!r} is not understood")
            needed = int(quorum)
        policy.quorum = needed
        if not policy.logs:
            raise Invalid("policy: it names no log")
        return policy


@dataclass(frozen=True, slots=True)
class Point:
    """A signed checkpoint."""

    origin: str
    size: int
    root: bytes
    log: str
    witnesses: tuple[str, ...]


def read_checkpoint(note: str, policy: Policy) -> Point:
    """A note's checkpoint, signed as the policy demands. Raises Invalid."""
    text, separator, lines = note.rpartition("\n\n")
    if not separator or not lines.endswith("\n"):
        raise Invalid("checkpoint: it is not a signed note")
    text += "\n"
    parts = text.split("\n")
    if len(parts) != 4 or parts[3] or not parts[0]:
        raise Invalid("checkpoint: its text is not origin, size and root")
    origin, size, root = parts[0], parts[1], _base64(parts[2], "checkpoint: root")
    if not re.fullmatch(r"0|[1-9][0-9]{0,18}", size, re.ASCII) or len(root) != 32:
        raise Invalid("checkpoint: size or root is malformed")
    signers = _signers(text, lines[:-1].split("\n"), policy)
    logs = [key.name for key in policy.logs if key in signers and key.name == origin]
    if not logs:
        raise Invalid(f"checkpoint: no key of your policy has signed for {origin}")
    witnesses = tuple(sorted({key.name for key in policy.witnesses if key in signers}))
    if len(witnesses) < policy.quorum:
        raise Invalid(f"checkpoint: {len(witnesses)} witnesses of {policy.quorum} have signed")
    return Point(origin, int(size), root, logs[0], witnesses)


def _signers(text: str, lines: Sequence[str], policy: Policy) -> list[Key]:
    found: list[Key] = []
    for line in lines:
        match = re.fullmatch(r"\u2014 ([^\s+]+) ([A-Za-z0-9+/=]+)", line)
        if not match:
            raise Invalid(f"checkpoint: {line!r} is no signature")
        raw = _base64(match[2], "checkpoint: signature")
        for key in (*policy.logs, *policy.witnesses):
            if (key.name, key.id) == (match[1], raw[:4]):
                if not key.verify(text, raw[4:]):
                    raise Invalid(f"checkpoint: the signature of {key.name} is wrong")
                found.append(key)
    return found


def _base64(text: str, what: str) -> bytes:
    try:
        raw = base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        raise Invalid(f"{what} is not base64") from None
    if base64.b64encode(raw).decode() != text:
        raise Invalid(f"{what} is not base64 as it should be")
    return raw


class Bundle:
    """The files of a bundle, in a directory or a zip of one."""

    def __init__(self, path: Path) -> None:
        self._zip = None if path.is_dir() else zipfile.ZipFile(path)
        self._folder = path

    def names(self, prefix: str) -> list[str]:
        """The files whose name begins with `prefix`, sorted."""
        if self._zip:
            return sorted(name for name in self._zip.namelist() if name.startswith(prefix))
        found = (
            one.relative_to(self._folder).as_posix()
            for one in self._folder.rglob("*")
            if one.is_file()
        )
        return sorted(name for name in found if name.startswith(prefix))

    def text(self, name: str) -> str:
        """A file's text. Raises Invalid when it is missing or no UTF-8."""
        try:
            raw = self._zip.read(name) if self._zip else (self._folder / name).read_bytes()
            return raw.decode("utf-8")
        except (KeyError, OSError, zipfile.BadZipFile):
            raise Invalid(f"{name}: it is missing or can't be read") from None
        except UnicodeDecodeError:
            raise Invalid(f"{name}: it is not UTF-8") from None

    def lines(self, name: str) -> Iterator[str]:
        """A file's lines, without their ends. Raises Invalid."""
        try:
            file = self._zip.open(name) if self._zip else (self._folder / name).open("rb")
        except (KeyError, OSError):
            raise Invalid(f"{name}: it is missing or can't be read") from None
        with file:
            number = 0
            try:
                for number, raw in enumerate(file, 1):
                    if not raw.endswith(b"\n") or raw.endswith(b"\r\n"):
                        raise Invalid(f"{name}, line {number}: it does not end as a line should")
                    yield raw[:-1].decode("utf-8")
            except (UnicodeDecodeError, zipfile.BadZipFile, EOFError):
                raise Invalid(f"{name}, line {number + 1}: it can't be read") from None


def canonical(value: Any) -> bytes:
    """RFC 8785, for values without floats and with ASCII keys."""
    return b"null" if value is None else _CANONICAL(value).encode()


def _sha256(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of ``entries.jsonl``, its hash worked out."""

    index: int
    form: str
    hash: bytes
    id: str = ""
    kind: str = ""
    fields: dict[str, Any] = field(default_factory=dict)


def read_entry(line: str, where: str) -> Entry:
    """One line, checked. Raises Invalid."""
    try:
        row = json.loads(line, parse_float=_no_float, parse_constant=_no_float)
    except (ValueError, RecursionError) as error:
        raise Invalid(f"{where}: {error}") from None
    form = FORMS.get(frozenset(row)) if isinstance(row, dict) else None
    if form is None:
        raise Invalid(f"{where}: it has none of the four forms")
    # A name that stands twice shows here too: only one of them was read.
    if canonical(row) != line.encode():
        raise Invalid(f"{where}: it is not written as RFC 8785 demands")
    index = row["i"]
    if type(index) is not int or index < 0:
        raise Invalid(f"{where}: i is no index")
    if form == "hash only":
        return Entry(index, form, _hex(row["hash"], f"{where}: hash"))
    leaf = row["leaf"]
    _check_leaf(leaf, where)
    fields = row.get("fields", {})
    if form in {"full", "redacted"}:
        body = _full_body(row, where) if form == "full" else _redacted_body(row, where)
        if body.hex() != leaf["body"]:
            raise Invalid(f"{where}: the fields are not those that were recorded")
    return Entry(index, form, _sha256(b"\x00", canonical(leaf)), leaf["id"], leaf["kind"], fields)


def _no_float(text: str) -> Any:
    raise ValueError(f"{text} is no integer")


def _hex(text: Any, what: str) -> bytes:
    if not isinstance(text, str) or not _HEX32.fullmatch(text):
        raise Invalid(f"{what} is not 64 hex digits")
    return bytes.fromhex(text)


def _check_leaf(leaf: Any, where: str) -> None:
    if not isinstance(leaf, dict) or set(leaf) != LEAF_KEYS or leaf["v"] != 1 or leaf["v"] is True:
        raise Invalid(f"{where}: the leaf is not of version 1")
    _hex(leaf["body"], f"{where}: body")
    for name in ("at", "id", "kind"):
        if not isinstance(leaf[name], str) or not _LEAF_TEXT.fullmatch(leaf[name]):
            raise Invalid(f"{where}: {name} is not plain text")
    if not _AT.fullmatch(leaf["at"]):
        raise Invalid(f"{where}: at is no time")


def _full_body(row: dict[str, Any], where: str) -> bytes:
    seed, fields = _hex(row["seed"], f"{where}: seed"), _named(row["fields"], where)
    sha256 = hashlib.sha256
    lines = []
    for name in sorted(fields):
        salt = sha256(seed + name.encode()).digest()
        lines.append(f"{name}={sha256(salt + canonical(fields[name])).hexdigest()}\n")
    return sha256("".join(lines).encode()).digest()


def _redacted_body(row: dict[str, Any], where: str) -> bytes:
    fields, salts = _named(row["fields"], where), _named(row["salts"], where)
    closed = _named(row["closed"], where)
    if fields.keys() != salts.keys() or fields.keys() & closed.keys():
        raise Invalid(f"{where}: open and closed fields do not fit together")
    commits = {
        name: _commit(_hex(salts[name], f"{where}: salt of {name}"), value)
        for name, value in fields.items()
    }
    commits |= {name: _hex(value, f"{where}: {name}") for name, value in closed.items()}
    return _body(commits)


def _named(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict) or not all(map(_is_name, value)):
        raise Invalid(f"{where}: a field's name is malformed")
    return value


@lru_cache(maxsize=1024)
def _is_name(text: str) -> bool:
    return _NAME.fullmatch(text) is not None


def _commit(salt: bytes, value: Any) -> bytes:
    return _sha256(salt, canonical(value))


def _body(commits: dict[str, bytes]) -> bytes:
    return _sha256(*(f"{name}={commits[name].hex()}\n".encode() for name in sorted(commits)))


class _Root:
    """The root over disclosed leaves and the cover, both taken from left to right."""

    def __init__(self, entries: Sequence[Entry], cover: Sequence[bytes]) -> None:
        self._entries, self._cover = entries, cover
        self._next, self._covered = 0, 0

    def over(self, size: int) -> bytes:
        """The root of the tree of `size` leaves. Raises Invalid."""
        if size == 0:
            return _sha256()
        root = self._range(0, size)
        if self._next != len(self._entries) or self._covered != len(self._cover):
            raise Invalid("entries.jsonl or cover: there is more than the tree holds")
        return root

    def _range(self, start: int, end: int) -> bytes:
        if self._next == len(self._entries) or self._entries[self._next].index >= end:
            self._covered += 1
            if self._covered > len(self._cover):
                raise Invalid("cover: it is too short")
            return self._cover[self._covered - 1]
        if end - start == 1:
            self._next += 1
            return self._entries[self._next - 1].hash
        middle = start + (1 << (end - start - 1).bit_length() - 1)
        return _sha256(b"\x01", self._range(start, middle), self._range(middle, end))


@dataclass(slots=True)
class Report:
    """What was shown, in words, and a count of each form of entry."""

    point: Point
    said: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)


def verify(
    path: Path,
    *,
    policy: Policy | None = None,
    receipts: str = "",
    kept: Sequence[str] = (),
) -> Report:
    """Check the bundle at `path`. `receipts`: lines ``<event id> <leaf hash>``; `kept`: older
    checkpoints as notes. Raises Invalid, with what does not hold and where."""
    try:
        bundle = Bundle(path)
    except (OSError, zipfile.BadZipFile):
        raise Invalid(f"{path}: it is neither a directory nor a zip") from None
    said = []
    if policy is None:
        policy = Policy.parse(bundle.text("policy"))
        said.append("The keys are the bundle's own: they prove nothing until you have yours.")
    point = read_checkpoint(bundle.text("checkpoint"), policy)
    report = Report(point, said)
    entries = _entries(bundle, point)
    cover = [_base64(line, f"cover, line {n}") for n, line in enumerate(bundle.lines("cover"), 1)]
    if any(len(one) != 32 for one in cover):
        raise Invalid("cover: a line is no hash")
    if _Root(entries, cover).over(point.size) != point.root:
        raise Invalid("The entries do not lead to the signed root: something was changed or cut.")
    _check_about(bundle, point, entries)
    _check_erased(entries)
    for entry in entries:
        report.counts[entry.form] = report.counts.get(entry.form, 0) + 1
    report.said.append(
        f"{len(entries)} of {point.size} entries lead to the root signed by {point.log}."
    )
    _check_receipts(receipts, entries, report)
    _check_kept(bundle, kept, policy, report)
    for name in bundle.names("proofs/"):
        _check_proof(name, bundle.text(name), entries, policy)
    return report


def _entries(bundle: Bundle, point: Point) -> list[Entry]:
    entries: list[Entry] = []
    last = -1
    for number, line in enumerate(bundle.lines("entries.jsonl"), 1):
        entry = read_entry(line, f"entries.jsonl, line {number}")
        if not last < entry.index < point.size:
            raise Invalid(f"entries.jsonl, line {number}: index {entry.index} is out of order")
        last = entry.index
        entries.append(entry)
    return entries


def _check_about(bundle: Bundle, point: Point, entries: Sequence[Entry]) -> None:
    try:
        about = json.loads(bundle.text("bundle.json"))
        told = (about["format"], about["origin"], about["size"], about["count"])
    except (ValueError, KeyError, TypeError):
        raise Invalid("bundle.json: it can't be read") from None
    if told != (FORMAT, point.origin, point.size, len(entries)):
        raise Invalid("bundle.json: it is of another format, log, size or count")


def _check_erased(entries: Sequence[Entry]) -> None:
    orders = [_order(entry) for entry in entries if entry.kind == "audit.erasure" and entry.fields]
    for entry in entries:
        if entry.form == "erased" and not any(
            start <= entry.index < end for start, end in filter(None, orders)
        ):
            raise Invalid(
                f"Entry {entry.index} is gone, and no order to erase it is in the bundle."
            )


def _order(entry: Entry) -> tuple[int, int] | None:
    """The indexes whose erasure an entry orders, when it is a valid order."""
    fields = entry.fields
    start, end, by = fields.get("from_idx"), fields.get("to_idx"), fields.get("approved_by")
    is_whole = type(start) is int and type(end) is int and isinstance(by, list)
    if not is_whole or fields.get("basis") not in {"retention", "contract_end"}:
        return None
    if fields.get("outcome") != "ok" or len({str(one) for one in by}) < 2:  # type: ignore[union-attr]
        return None
    return (start, end) if 0 <= start < end <= entry.index else None  # type: ignore[operator,return-value]


def _check_receipts(receipts: str, entries: Sequence[Entry], report: Report) -> None:
    by_id = {entry.id: entry.hash.hex() for entry in entries if entry.id}
    lines = [line.split() for line in receipts.splitlines() if line.strip()]
    for words in lines:
        if len(words) != 2:
            raise Invalid(f"receipts: {' '.join(words)!r} is not an id and a hash")
        if by_id.get(words[0]) != words[1]:
            raise Invalid(f"Receipt {words[0]}: the log does not hold this entry as it was.")
    if lines:
        report.said.append(f"{len(lines)} receipts: each entry is there, unchanged.")


def _check_kept(bundle: Bundle, kept: Sequence[str], policy: Policy, report: Report) -> None:
    for note in kept:
        # A witness may not have been there yet when it was kept.
        old = read_checkpoint(note, Policy(policy.logs, policy.witnesses))
        new = report.point
        if old.origin != new.origin:
            raise Invalid(f"The kept checkpoint is of another log: {old.origin}.")
        name = f"consistency/{old.size}-{new.size}"
        proof = _consistency(bundle, name, old.size) if old.size not in {0, new.size} else []
        if not _extends(old, new, proof):
            raise Invalid(f"The log is not the one of your checkpoint of {old.size} entries.")
        report.said.append(f"The log still begins with the {old.size} entries you knew.")


def _consistency(bundle: Bundle, name: str, old: int) -> list[bytes]:
    head, separator, _ = bundle.text(name).partition("\n\n")
    first, *hashes = head.split("\n")
    if not separator or first != f"old {old}":
        raise Invalid(f"{name}: it is malformed")
    return [_base64(one, name) for one in hashes]


def _extends(old: Point, new: Point, proof: Sequence[bytes]) -> bool:
    """RFC 9162, 2.1.4.2."""
    if old.size > new.size:
        return False
    if old.size == new.size:
        return old.root == new.root
    if old.size == 0:
        return old.root == _sha256()
    path = list(proof) if old.size & (old.size - 1) else [old.root, *proof]
    if not path:
        return False
    position, last = old.size - 1, new.size - 1
    while position & 1:
        position, last = position >> 1, last >> 1
    was = now = path[0]
    for part in path[1:]:
        if last == 0:
            return False
        if position & 1 or position == last:
            was, now = _sha256(b"\x01", part, was), _sha256(b"\x01", part, now)
            while position and not position & 1:
                position, last = position >> 1, last >> 1
        else:
            now = _sha256(b"\x01", now, part)
        position, last = position >> 1, last >> 1
    return last == 0 and (was, now) == (old.root, new.root)


def _check_proof(name: str, text: str, entries: Sequence[Entry], policy: Policy) -> None:
    head, separator, note = text.partition("\n\n")
    lines = head.split("\n")
    if not separator or lines[0] != "c2sp.org/tlog-proof@v1" or len(lines) < 2:
        raise Invalid(f"{name}: it is no proof of version 1")
    match = re.fullmatch(r"index (0|[1-9][0-9]*)", lines[1], re.ASCII)
    by_index = {entry.index: entry for entry in entries}
    entry = by_index.get(int(match[1])) if match else None
    if entry is None:
        raise Invalid(f"{name}: it is of no entry in the bundle")
    point = read_checkpoint(note, policy)
    if _root_of(entry, point.size, [_base64(one, name) for one in lines[2:]]) != point.root:
        raise Invalid(f"{name}: it does not lead to its checkpoint")


def _root_of(entry: Entry, size: int, path: Sequence[bytes]) -> bytes | None:
    """RFC 9162, 2.1.3.2."""
    position, last, result = entry.index, size - 1, entry.hash
    if position > last:
        return None
    for part in path:
        if last == 0:
            return None
        if position & 1 or position == last:
            result = _sha256(b"\x01", part, result)
            while position and not position & 1:
                position, last = position >> 1, last >> 1
        else:
            result = _sha256(b"\x01", result, part)
        position, last = position >> 1, last >> 1
    return result if last == 0 else None


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns 0 for a bundle that holds, 1 for one that does not."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("bundle", type=Path, help="the bundle, a directory or a zip")
    parser.add_argument("--policy", type=Path, help="your own policy: whose signatures you trust")
    parser.add_argument("--receipts", type=Path, help="lines: event id, leaf hash")
    parser.add_argument(
        "--kept", type=Path, action="append", default=[], help="an older checkpoint"
    )
    given = parser.parse_args(arguments)
    try:
        report = verify(
            given.bundle,
            policy=Policy.parse(given.policy.read_text("utf-8")) if given.policy else None,
            receipts=given.receipts.read_text("utf-8") if given.receipts else "",
            kept=[one.read_text("utf-8") for one in given.kept],
        )
    except (Invalid, OSError, UnicodeDecodeError) as fault:
        print(f"INVALID. {fault}")
        return 1
    point = report.point
    print(f"VALID. {point.origin}, {point.size} entries, root {point.root.hex()}")
    for line in report.said:
        print(line)
    print(
        "Entries by form: " + ", ".join(f"{n} {form}" for form, n in sorted(report.counts.items()))
    )
    if point.witnesses:
        print("Witnesses: " + ", ".join(point.witnesses))
    return 0


if __name__ == "__main__":
    sys.exit(main())
