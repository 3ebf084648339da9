"""Mail as bytes and as files: what a mail program and a relay get to see."""

from __future__ import annotations

import email
from dataclasses import replace
from datetime import UTC, datetime
from email import policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import getaddresses
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.mail import Attachment, FakeMailer, Inline, MailRefused, Message, build, mailer
from chassis.mail_files import FileMailer
from chassis.settings import Settings
from chassis.smtp import SmtpMailer

UNSUBSCRIBE = "https://aymak.example/v1/unsubscribe/" + "A" * 120
LETTER = Message(
    message_id="<0f1c@aymak.example>",
    sender="Портал «Айыл» <portal@aymak.example>",
    reply_to="office@aymak.example",
    to_name="Асанова Айгүл Өмүрбековна",
    to_address="aigul@example.kg",
    subject="Кош келиңиз, Айгүл Өмүрбековна! Сиздин катталууңуз кабыл алынды",
    text="Саламатсызбы!\n",
    html='<p>Саламатсызбы!</p><img src="cid:logo" alt="">',
    language="ky",
    headers=(("List-Unsubscribe", f"<{UNSUBSCRIBE}>, <mailto:portal@aymak.example>"),),
    inline=(Inline(cid="logo", media_type="image/png", data=b"\x89PNG"),),
    attachments=(
        Attachment(
            name="иш-чара.ics",
            media_type="text/calendar",
            data="SUMMARY:Жыйын".encode(),
            params=(("method", "PUBLISH"), ("charset", "utf-8")),
        ),
    ),
    date=datetime(2022, 3, 4, 3, 0, tzinfo=UTC),
)


def read(raw: bytes) -> EmailMessage:
    """The mail as a mail program reads it."""
    found = email.message_from_bytes(raw, policy=policy.default)
    assert isinstance(found, EmailMessage)
    return found


def test_it_nests_the_parts_as_mail_programs_expect() -> None:
    types = [part.get_content_type() for part in read(build(LETTER)).walk()]
    assert types == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "multipart/related",
        "text/html",
        "image/png",
        "text/calendar",
    ]


def test_it_keeps_every_letter_of_headers_and_text() -> None:
    mail, legacy = read(build(LETTER)), email.message_from_bytes(build(LETTER))
    assert mail["Subject"] == LETTER.subject
    # Not the parser of email.policy.default: it puts blanks between the words of a long name.
    (to,) = getaddresses([unfolded(legacy["To"])])
    assert to == (LETTER.to_name, LETTER.to_address)
    assert mail["From"].addresses[0].display_name == "Портал «Айыл»"
    body = mail.get_body(("plain",))
    assert body is not None and body.get_content().strip() == "Саламатсызбы!"
    ics = next(iter(mail.iter_attachments()))
    assert ics.get_filename() == "иш-чара.ics"
    assert ics.get_content_type() == "text/calendar" and ics["Content-Type"].params["method"]


def unfolded(header: str) -> str:
    """A header's text as RFC 2047 reads it."""
    return str(make_header(decode_header(header)))


@given(
    st.lists(
        st.sampled_from(["Чакырабыз:", "жер", "ижарага", "—", "(15-март)", "№", "ө"]), min_size=1
    )
)
def test_it_loses_no_blank_of_a_long_subject(parts: list[str]) -> None:
    subject = " ".join(parts)
    mail = email.message_from_bytes(build(replace(LETTER, subject=subject, to_name=subject[:90])))
    assert unfolded(mail["Subject"]) == subject
    name, _, addr_spec = mail["To"].rpartition("<")
    assert unfolded(name).strip(' "') == subject[:90].strip() and addr_spec == "aigul@example.kg>"
    assert all(len(line) <= 78 for line in mail["Subject"].splitlines())


def test_it_says_what_robots_need_to_know() -> None:
    mail = read(build(LETTER))
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Message-ID"] == "<0f1c@aymak.example>"
    assert mail["Date"].datetime == LETTER.date
    assert mail["Content-Language"] == "ky"


def test_it_builds_the_same_bytes_for_the_same_message() -> None:
    assert build(LETTER) == build(LETTER)


def test_it_never_folds_the_unsubscribe_address_into_encoded_words() -> None:
    assert f"List-Unsubscribe: <{UNSUBSCRIBE}>".encode() in build(LETTER)


@pytest.mark.parametrize("text", ["Саламатсызбы!\n", "Салам!\nЖолугушалы.\n" * 50, "ы" * 3000])
def test_it_is_ascii_with_short_lines_on_the_wire(text: str) -> None:
    raw = build(replace(LETTER, text=text, html="<p>" + "x" * 3000))
    assert raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert b"\n" not in raw.replace(b"\r\n", b"")


@pytest.mark.parametrize(
    "change",
    [
        {"subject": "Салам\r\nBcc: all@example.kg"},
        {"subject": "Салам\nBcc: all@example.kg"},
        {"headers": (("X-Ref", "1\r\nBcc: all@example.kg"),)},
        {"message_id": "<1@a>\r\nBcc: all@example.kg"},
        {"to_address": "a@example.kg\r\nBcc: all@example.kg"},
        {"to_address": "a@example.kg, b@example.kg"},
        {"to_address": "a@example.kg b@example.kg"},
        {"to_address": "Name <a@example.kg>, b@example.kg"},
        {"to_address": "nobody"},
        {"to_address": "a@"},
        {"to_address": ""},
        {"to_address": "=?utf-8?q?x?=@[('"},
        {"reply_to": "a@example.kg\nX: y"},
    ],
)
def test_it_refuses_line_breaks_and_second_recipients(change: dict[str, str]) -> None:
    with pytest.raises(ValueError):
        build(replace(LETTER, **change))  # type: ignore[arg-type]


def test_it_makes_a_line_break_in_a_name_harmless() -> None:
    raw = build(replace(LETTER, to_name="Айгүл\r\nBcc: all@example.kg"))
    assert read(raw)["Bcc"] is None
    assert read(raw)["To"].addresses[0].addr_spec == "aigul@example.kg"


def test_it_writes_a_domain_of_other_letters_in_ascii() -> None:
    raw = build(replace(LETTER, to_address="a@айыл.example"))
    assert b"a@xn--" in raw


def test_it_writes_one_file_for_one_mail(tmp_path: Path) -> None:
    files = FileMailer(tmp_path / "mail")
    raw = build(LETTER)
    files.send(raw, "portal@aymak.example", "aigul@example.kg")
    files.send(raw, "portal@aymak.example", "aigul@example.kg")
    (path,) = (tmp_path / "mail").iterdir()
    assert path.name == "20220304T030000Z-0f1c_aymak.example.eml"
    assert path.read_bytes() == raw and path.stat().st_mode & 0o077 == 0


def test_it_clears_up_after_a_killed_attempt(tmp_path: Path) -> None:
    (tmp_path / ".20220304T030000Z-0f1c_aymak.example.eml.part").write_bytes(b"half a m")
    FileMailer(tmp_path).send(build(LETTER), "", "")
    assert [path.suffix for path in tmp_path.iterdir()] == [".eml"]


def test_it_keeps_the_mail_folder_when_an_id_tries_to_leave_it(tmp_path: Path) -> None:
    files = FileMailer(tmp_path / "mail")
    files.send(build(replace(LETTER, message_id="<../../x/y@a.kg>")), "", "")
    (path,) = (tmp_path / "mail").iterdir()
    assert path.parent == tmp_path / "mail"


def test_it_defers_when_the_folder_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "mail").write_text("a file, not a folder")
    with pytest.raises(MailRefused) as refused:
        FileMailer(tmp_path / "mail").send(build(LETTER), "", "")
    assert (refused.value.permanent, refused.value.scope) == (False, "session")


def test_it_leaves_nothing_half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("chassis.mail_files.os.fsync", full)
    with pytest.raises(MailRefused):
        FileMailer(tmp_path).send(build(LETTER), "", "")
    assert list(tmp_path.iterdir()) == []


def test_it_chooses_the_mailer_that_the_settings_name(tmp_path: Path) -> None:
    plain = Settings(
        amqp_uri="", database_url="", secret="", state=tmp_path, mail_dir=tmp_path / "mail"
    )
    assert mailer(plain) == FileMailer(tmp_path / "mail")
    relayed = mailer(replace(plain, smtp_url="smtp://relay.example:2525"))
    assert isinstance(relayed, SmtpMailer) and relayed.server.port == 2525


def test_it_fakes_refusals_in_order() -> None:
    fake = FakeMailer(refusals=[MailRefused(permanent=False, code=451, text="", scope="message")])
    with pytest.raises(MailRefused):
        fake.send(b"1", "", "a@example.kg")
    fake.send(b"2", "", "a@example.kg")
    assert fake.sent == [(b"2", "a@example.kg")]
