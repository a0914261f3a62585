"""Whether a text points elsewhere: as Markdown, as an address, or as the bare name of a host.

Korean prose puts letters right behind a full stop ("등.그리고", "3.5.으로"), and Hangul right behind a name ("naver.com으로"),
so a name counts only where it ends in a public suffix. What is also a word or the end of a file's name ("좋아요.it",
"README.md") counts with a path behind it.
Source: the Public Suffix List (publicsuffix.org), as the package carries it; UTS #46 for what stands for a full stop.
"""

import re
import unicodedata
from functools import lru_cache

from publicsuffixlist import PublicSuffixList

# Ends that are never anything else: behind Hangul, without a path, and where the dot is written as a word.
PLAIN = frozenset(
    """
    com net org info biz kr io ai app dev shop xyz icu vip bet casino click ly gl gg tv cc co jp cn ru tk pw
    """.split()  # noqa: SIM905 - read as words
)
# Words, units, names and ends of files that are public suffixes too; without a path they are prose.
DOUBTFUL = frozenset(
    """
    am as at be by do id in is it kim la me ml mm mo ms mu my no ph pl pm ps py rs sh so st to us zip mov md now
    how new ing man day here one love good call help work life news vote team chat plus page game fun
    """.split()  # noqa: SIM905 - read as words
)
# Full stops of other scripts, which browsers read as one (UTS #46); NFKC makes the full-width ones plain.
STOPS = str.maketrans({"。": ".", "․": "."})
SPOKEN = "com|net|org|kr|co\\.kr|go\\.kr|or\\.kr|shop|xyz|io"

_invisible = re.compile(r"[\u00ad\u200b-\u200f\u2060-\u2064\ufeff]")
_markup = re.compile(r"://|\]\(|(?<![a-z0-9])www\.", re.IGNORECASE)
_spoken = re.compile(
    r"(?<=[a-z0-9])(?:\s?[\[({<]\s?(?:\.|점|닷|dot)\s?[\])}>]\s?|점|닷|\s(?:점|닷|dot|\.)\s?)"
    rf"(?=(?:{SPOKEN})(?![a-z0-9]))",
    re.IGNORECASE,
)
_label = r"[a-z0-9가-힣ㄱ-ㅎ](?:[a-z0-9가-힣_-]{0,61}[a-z0-9가-힣])?"
_name = re.compile(
    rf"(?<![a-z0-9@._-])(?P<label>{_label})(?:\.{_label})*?"
    r"\.(?P<end>xn--[a-z0-9-]{2,59}|[a-z]{2,24}|닷컴|닷넷|한국)(?![a-z0-9@_-]|\.[a-z0-9])(?P<path>[:/][^\s])?",
    re.IGNORECASE,
)
_number = re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?::\d+|/\S)")


def has_link(source: str) -> bool:
    """Tell whether a text points elsewhere; an e-mail address is none."""
    text = _invisible.sub("", unicodedata.normalize("NFKC", source)).translate(STOPS)
    if _markup.search(text) or _number.search(text):
        return True
    return any(_points_elsewhere(found) for found in _name.finditer(_spoken.sub(".", text)))


def _points_elsewhere(found: re.Match[str]) -> bool:
    end, last = found["end"], found[0][: found.start("end") - found.start() - 1].rpartition(".")[2]
    if not _is_suffix(end.lower()):
        return False
    if found["path"] or end.lower() in PLAIN:
        return not (last.isdigit() and len(end) == 2 and not found["path"])
    is_sentence = end[0].isupper() and end[1:].islower()  # "I agree.News say so"
    is_latin = last.isascii() and not last.isdigit()
    return (is_latin and end.isascii() and end.lower() not in DOUBTFUL and not is_sentence) or end in ("닷컴", "닷넷")


@lru_cache(maxsize=4096)
def _is_suffix(end: str) -> bool:
    return _suffixes().publicsuffix(end) == end


@lru_cache(maxsize=1)
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList(accept_unknown=False, only_icann=True)
