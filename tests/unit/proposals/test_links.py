"""Links as people write them, and prose that only looks like one."""

import time

import pytest

from proposals.links import has_link

LINKS = [
    "https://a.example",
    "hxxp://a",
    "[a](b)",
    "WWW.a.example",
    "bit.ly/x",
    "bit.ly",
    "naver.com",
    "여기 naver.com으로 오세요",
    "여기naver.com/abc를보세요",
    "카페는 cafe.naver.com/shade입니다.",
    "seoul.go.kr에서",
    "(goo.gl/maps)",
    "t.me/joinchat",
    "me2.do/xyz",
    "agree.it/x",
    "casino.live",
    "Naver.Com",
    "ＮＡＶＥＲ．ＣＯＭ",
    "naver。com",
    "naver｡com",
    "naver․com",
    "na\u200bver.c\u00adom",
    "네이버.com",
    "서울.kr 에서",
    "네이버.닷컴",
    "xn--3e0b707e.xn--3e0b707e",
    "서울.한국/광고",
    "naver점com",
    "naver 점 com",
    "naver 닷 컴 naver(점)com",
    "naver[.]com",
    "naver[dot]com",
    "naver dot com",
    "naver .com",
    "naver . com",
    "192.0.2.7/x",
    "192.0.2.7:8080",
    "https를 빼고 example.org:8443/x",
    "11st.co.kr",
    "114.co.kr",
    "문의는 kim@seoul.go.kr, 자세한 것은 bit.ly/x",
]

PROSE = [
    "링크 없음",
    "놀이터, 공원 등.그리고 그늘막도",
    "평점 3.5.으로 올랐다",
    "3.5.으로",
    "좋습니다.한국은 더 그렇습니다",
    "감사합니다.한국 사람들",
    "찬성합니다.it 기업도",
    "좋아요.me too",
    "2026.11.22.까지",
    "2026.11.22(일) 10.30",
    "1.5km 떨어진 3.kg",
    "v1.2.3을 쓰세요",
    "10.26 사태, 3.1절",
    "A.I. 시대, U.S.A., P.S. 감사합니다",
    "I agree.It is good. ok.No. yes.So what",
    "Today.News of the park. good.Call me",
    "Dr.Kim과 Mr.Kim",
    "README.md와 main.py, report.zip",
    "node.js 강의",
    "오후 3시.오전 9시",
    "A점에서 B점까지",
    "점수 A점to B점",
    "강점.약점",
    "50.5%로",
    "…그런데...왜?",
    "끝.",
    "문의: kim@seoul.go.kr",
    "kim@naver.com으로 보내 주세요",
    "제1조.제2조.제3조",
    "(가).(나).",
    "e.g. 이것, i.e. 저것",
    "192.0.2.7",
    "서울시.경기도.인천시",
    "가.나.다",
    "비용은 3.000.000원",
    "fishing. Net results",
]


@pytest.mark.parametrize("text", LINKS)
def test_a_link_is_seen(text):
    assert has_link(text)


@pytest.mark.parametrize("text", PROSE)
def test_prose_is_no_link(text):
    assert not has_link(text)


@pytest.mark.parametrize("piece", ["a.", "가.", "a점", "a . ", "xn--", "a-", "1.", "[.", "www", "a.com가", "한"])
def test_a_hostile_text_of_full_length_is_judged_at_once(piece):
    source = (piece * 10_000)[:10_000] + "!"
    began = time.process_time()
    has_link(source)
    assert time.process_time() - began < 0.5
