"""An `.htaccess` read as a web server would: its block of WordPress, its redirects, and what would be refused."""

import re
from collections.abc import Iterator

from arqlight_jobs.healer.evidence import Htaccess

MOST_BYTES = 256 * 1024
MOST_PROBLEMS = 10
BEGIN, END = "# BEGIN WordPress", "# END WordPress"
_REWRITES = re.compile(
    r"^\s{0,40}RewriteRule\s{1,40}\S{1,200}\s{1,40}\S{0,200}index\.php", re.IGNORECASE | re.MULTILINE
)
_REDIRECTS = re.compile(
    r"^(?:redirect(?:match|permanent|temp)?\s|rewriterule\s.{0,800}\[[^\]]{0,80}\bR(?:=\d{3})?\b)", re.IGNORECASE
)
_SECTION = re.compile(r"<(/?)(\w{1,40})")
_LONGEST_LINE = 1000
_LONGEST_TOLD = 80

_SECTION_NAMES = (
    "if elseif else ifdefine ifdirective iffile ifmodule ifsection ifversion files filesmatch limit limitexcept "
    "requireall requireany requirenone"
)
_DIRECTIVE_NAMES = (
    "acceptpathinfo action addalt addaltbyencoding addaltbytype addcharset adddefaultcharset adddescription "
    "addencoding addhandler addicon addiconbyencoding addiconbytype addinputfilter addlanguage addoutputfilter "
    "addoutputfilterbytype addtype allow allowmethods anonymous authbasicauthoritative authbasicprovider "
    "authdigestdomain authdigestnonceformat authdigestnoncelifetime authdigestprovider authdigestqop authgroupfile "
    "authmerging authname authtype authuserfile authzdbmtype browsermatch browsermatchnocase cachedisable "
    "cgimapextension charsetdefault charsetoptions charsetsourceenc checkcaseonly checkspelling contentdigest "
    "cookiedomain cookieexpires cookiename cookiestyle cookietracking defaulticon defaultlanguage defaulttype deny "
    "directoryindex directoryindexredirect directoryslash enableexceptionhook enablemmap enablesendfile "
    "errordocument expiresactive expiresbytype expiresdefault fallbackresource fileetag forcelanguagepriority "
    "forcetype header headername imapbase imapdefault imapmenu indexheadinsert indexignore indexignorereset "
    "indexoptions indexorderdefault indexstylesheet languagepriority limitrequestbody limitxmlrequestbody "
    "lsphp luahook metadir metafiles metasuffix modmimeusepathinfo mod_gzip_on multiviewsmatch options order "
    "php_admin_flag php_admin_value php_flag php_value passenv readmename redirect redirectmatch redirectpermanent "
    "redirecttemp removecharset removeencoding removehandler removeinputfilter removelanguage removeoutputfilter "
    "removetype requestheader require rewritebase rewritecond rewriteengine rewriteoptions rewriterule rlimitcpu "
    "rlimitmem rlimitnproc satisfy scriptinterpretersource secfilterengine secfilterscanpost secruleengine "
    "secruleremovebyid serversignature setenv setenvif setenvifnocase sethandler setinputfilter setoutputfilter "
    "sslcipersuite sslciphersuite ssloptions sslrenegbuffersize sslrequire sslrequiressl sslusername "
    "sslverifyclient sslverifydepth substitute substituteinheritmaxlinelength suexecusergroup unsetenv "
    "usecanonicalname userdir xbithack"
)
SECTIONS = frozenset(_SECTION_NAMES.split())
DIRECTIVES = frozenset(_DIRECTIVE_NAMES.split())
"""What may stand in an `.htaccess`, in lower case: Apache's own modules and those common with hosters."""


def read_htaccess(text: str) -> Htaccess:
    """What an `.htaccess` holds."""
    lines = list(_lines(text))
    has_block = BEGIN in text and END in text.partition(BEGIN)[2]
    outside = _outside(lines)
    return Htaccess(
        has_block=has_block,
        rewrites=_REWRITES.search(text) is not None,
        problems=tuple(_problems(lines))[:MOST_PROBLEMS],
        redirects=tuple(line[:_LONGEST_TOLD] for line in outside if _REDIRECTS.match(line))[:MOST_PROBLEMS],
    )


def _lines(text: str) -> Iterator[str]:
    """Its lines, those continued by a backslash joined."""
    held = ""
    for line in text.splitlines():
        held += line.strip()
        if held.endswith("\\") and len(held) < _LONGEST_LINE:
            held = held[:-1] + " "
            continue
        if held:
            yield held[:_LONGEST_LINE]
        held = ""


def _outside(lines: list[str]) -> list[str]:
    """The lines that are not in WordPress's block."""
    found: list[str] = []
    inside = False
    for line in lines:
        inside = (inside or line == BEGIN) and line != END
        if not inside:
            found.append(line)
    return found


def _problems(lines: list[str]) -> Iterator[str]:
    open_sections: list[str] = []
    for line in lines:
        if line.startswith("#"):
            continue
        if found := _SECTION.match(line):
            yield from _section(found, line, open_sections)
        elif not line.startswith("<"):
            yield from _directive(line)
        else:
            yield f"{line[:_LONGEST_TOLD]!r} is no section."
    for name in open_sections:
        yield f"<{name}> is not closed."


def _section(found: re.Match[str], line: str, open_sections: list[str]) -> Iterator[str]:
    name = found[2].lower()
    if name not in SECTIONS:
        yield f"{line[:_LONGEST_TOLD]!r} may not stand here."
    elif not line.endswith(">"):
        yield f"{line[:_LONGEST_TOLD]!r} has no closing bracket."
    elif not found[1]:
        open_sections.append(found[2])
    elif not open_sections or open_sections.pop().lower() != name:
        yield f"{line[:_LONGEST_TOLD]!r} closes what is not open."


def _directive(line: str) -> Iterator[str]:
    word, *rest = line.split()
    name = word.lower()
    if name not in DIRECTIVES:
        yield f"{word[:_LONGEST_TOLD]!r} is no directive of Apache."
    elif name == "rewriterule" and len(rest) < 2:  # noqa: PLR2004 - a pattern and a target
        yield f"{line[:_LONGEST_TOLD]!r} has no target."
    elif name in ("rewriterule", "rewritecond") and rest[-1].startswith("[") and not rest[-1].endswith("]"):
        yield f"{line[:_LONGEST_TOLD]!r} has bad flags."
