"""Which column of a file holds what: by a mapping that was given, else by the names that people use."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from arqlight_core.errors import UsageError
from arqlight_jobs.tabular.faults import Fault, FileUnusable
from arqlight_jobs.tabular.layout import Delimiter, delimited, folded

MOST_COLUMNS = 500

IGNORED = "-"
OWN = "fields."
"""What stands before the name of a field of the tenant's own."""

LONGEST_FIELD = 64

NAMES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "phone": (
            *("phone", "phone number", "telephone", "tel", "mobile", "mobile phone", "mobile number", "cell"),
            *("cell phone", "whatsapp", "whatsapp number", "phone 1 - value", "msisdn", "numéro de téléphone"),
            *("portable", "cellulaire", "mobil", "handy", "telefon", "telefonnummer", "handynummer", "rufnummer"),
            *("teléfono", "celular", "móvil", "número de teléfono", "telefone", "telemóvel", "telefono", "cellulare"),
            *(
                "telefoonnummer",
                "mobiel",
                "телефон",
                "номер телефона",
                "номер",
                "мобильный",
                "телефону",
                "电话",
                "手机",
            ),
            *(
                "手机号",
                "電話番号",
                "携帯電話",
                "電話",
                "전화번호",
                "휴대폰",
                "هاتف",
                "رقم الهاتف",
                "טלפון",
                "נייד",
                "फ़ोन",
                "फोन",
            ),
        ),
        "email": (
            *("email", "e-mail", "mail", "email address", "e-mail address", "e-mail 1 - value", "email 1"),
            *("courriel", "adresse courriel", "adresse e-mail", "adresse mail", "e-mail-adresse", "mailadresse"),
            *("correo", "correo electrónico", "endereço de e-mail", "indirizzo e-mail", "posta elettronica"),
            *("почта", "эл. почта", "электронная почта", "адрес электронной почты", "邮箱", "电子邮件", "メール"),
            *("メールアドレス", "이메일", "البريد الإلكتروني", "דואל", "ईमेल"),
        ),
        "name": (
            *("name", "full name", "display name", "contact", "contact name", "customer", "customer name", "client"),
            *("nom complet", "nom et prénom", "prénom et nom", "vollständiger name", "ansprechpartner", "kunde"),
            *("nombre completo", "nombre y apellidos", "nome completo", "nome e cognome", "naam", "фио", "контакт"),
            *("полное имя", "姓名", "名字", "氏名", "お名前", "이름", "الاسم", "שם", "שם מלא", "नाम"),
        ),
        "first_name": (
            *("first name", "firstname", "given name", "forename", "prénom", "vorname", "nombre", "nombres"),
            *("primeiro nome", "nome", "voornaam", "имя", "ім'я", "名", "الاسم الأول", "שם פרטי"),
        ),
        "last_name": (
            *("last name", "lastname", "surname", "family name", "nom", "nom de famille", "nachname", "familienname"),
            *("apellido", "apellidos", "sobrenome", "apelido", "cognome", "achternaam", "фамилия", "прізвище", "姓"),
            *("اسم العائلة", "שם משפחה"),
        ),
        "consent": (
            *(
                "consent",
                "opt in",
                "opt-in",
                "opted in",
                "optin",
                "subscribed",
                "marketing consent",
                "accepts marketing",
            ),
            *("gdpr", "consentement", "abonné", "einwilligung", "zustimmung", "consentimiento", "suscrito"),
            *("consentimento", "consenso", "toestemming", "согласие", "подписка", "同意"),
        ),
        "tags": (
            *("tags", "tag", "labels", "label", "groups", "group membership", "segments", "étiquettes", "groupes"),
            *("schlagworte", "etiketten", "gruppen", "etiquetas", "grupos", "etichette", "gruppi", "теги", "метки"),
            *("标签", "タグ", "태그"),
        ),
    }
)
"""Names of columns by field, matched without accents, case, spaces and signs. English, French, German, Spanish,
Portuguese, Italian, Dutch, Russian, Ukrainian, Chinese, Japanese, Korean, Arabic, Hebrew and Hindi, and what exports
of address books call them."""

_BY_NAME = {folded(name): field for field, names in NAMES.items() for name in names}

ADDRESSES = ("phone", "email")


@dataclass(frozen=True, slots=True)
class Layout:
    """Where each field stands in the records of a file, by position from 0."""

    delimiter: Delimiter
    width: int
    found: Mapping[str, int]


def checked(mapping: Mapping[str, str]) -> dict[str, str]:
    """The mapping of headers to fields, if each field is one. Raises UsageError."""
    known = ", ".join((*NAMES, f"{OWN}NAME", IGNORED))
    for header, field in mapping.items():
        own = field.removeprefix(OWN) if field.startswith(OWN) else ""
        is_own = own.replace("_", "").isalnum() and len(own) <= LONGEST_FIELD
        if not header.strip() or not (field in NAMES or field == IGNORED or is_own):
            raise UsageError(f"{header!r} cannot be mapped to {field!r}; fields are {known}.")
    fields = [field for field in mapping.values() if field != IGNORED]
    if twice := next((field for field in fields if fields.count(field) > 1), None):
        raise UsageError(f"Two columns cannot both be {twice}; map one of them to {IGNORED}.")
    return dict(mapping)


def known_names(header: Sequence[str]) -> int:
    """How many of a header's names are known."""
    return len(located(header, {}))


def located(header: Sequence[str], mapping: Mapping[str, str]) -> dict[str, int]:
    """Where each field stands in a header: as the mapping says, and else by name. The first of two columns wins."""
    given = {folded(name): field for name, field in mapping.items()}
    taken = set(given.values())
    found: dict[str, int] = {}
    for position, name in enumerate(header):
        word = folded(name)
        field = given.get(word) or _BY_NAME.get(word)
        if field is not None and (word in given or field not in taken):
            found.setdefault(field, position)
    found.pop(IGNORED, None)
    return found


def layout_of(lines: Sequence[str], mapping: Mapping[str, str]) -> Layout:
    """The layout of a file that begins with these lines. Raises FileUnusable."""
    delimiter, header = delimited(lines, lambda names: len(located(names, mapping)))
    if len(header) > MOST_COLUMNS:
        raise FileUnusable(Fault.TOO_LARGE, f"The file has more than {MOST_COLUMNS} columns.")
    found = located(header, mapping)
    missing = [field for field in mapping.values() if field != IGNORED and field not in found]
    if missing:
        raise FileUnusable(Fault.MISSING_COLUMN, f"Columns of the mapping are missing: {', '.join(sorted(missing))}.")
    if not any(field in found for field in ADDRESSES):
        raise FileUnusable(Fault.MISSING_COLUMN, "No column is known as a telephone number or a mail address; map one.")
    return Layout(delimiter, len(header), found)
