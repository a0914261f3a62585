"""What the panel says, in Korean and English side by side, and how it writes times and numbers."""

from datetime import UTC, datetime, timedelta
from typing import Any

from markupsafe import Markup, escape

from mvoting.accounts.residents import BANDS
from mvoting.core.city_time import CITY_TIME
from mvoting.core.clock import now
from mvoting.core.districts import DISTRICTS, district_name
from mvoting.core.language import language
from mvoting.voting.methods.registry import METHODS
from notifications.alerts.hazards import CLASSES, HAZARDS
from notifications.preferences.kinds import KINDS
from notifications.templates.builtin import TEMPLATES
from proposals.ideas.pipeline import STATE_NAMES
from proposals.vocabulary import CATEGORIES

WEEKDAYS_KO = "월화수목금토일"

ROLES = {
    "moderator": ("게시물 관리자", "Moderator"),
    "poll_officer": ("투표 담당자", "Poll officer"),
    "proposal_officer": ("제안 담당자", "Proposal officer"),
    "department_officer": ("부서 담당자", "Department officer"),
    "alert_author": ("재난 알림 작성자", "Alert author"),
    "alert_approver": ("재난 알림 승인자", "Alert approver"),
    "auditor": ("감사 담당자", "Auditor"),
    "administrator": ("시스템 관리자", "Administrator"),
}

# What a code of the services is called on the screen; a code that is missing here is shown as it is.
LABELS: dict[str, dict[str, tuple[str, str]]] = {
    "role": ROLES,
    "poll_state": {
        "draft": ("작성 중", "Draft"),
        "scheduled": ("예정", "Scheduled"),
        "open": ("진행 중", "Open"),
        "closed": ("마감·집계 중", "Closed, counting"),
        "tallied": ("집계 완료", "Counted"),
        "published": ("결과 공개", "Published"),
        "cancelled": ("취소", "Cancelled"),
    },
    "figures": {
        "live": ("진행 중에도 공개", "Live"),
        "after_vote": ("본인이 투표한 뒤 공개", "After one's own vote"),
        "after_closing": ("마감 뒤에만 공개", "Only after closing"),
    },
    "target": {
        "idea": ("제안", "Idea"),
        "debate": ("토론", "Debate"),
        "comment": ("댓글", "Comment"),
        "addition": ("더하기", "Addition"),
        "poll": ("시민 투표", "Citizens’ poll"),
    },
    "report_reason": {
        "spam": ("광고·도배", "Spam"),
        "offensive": ("모욕·혐오", "Offensive"),
        "off_topic": ("주제와 무관", "Off topic"),
        "personal_data": ("개인정보", "Personal data"),
        "false": ("허위 사실", "False"),
    },
    "because": {
        "reports": ("신고", "Reported"),
        "flood": ("도배 의심", "Flood"),
        "new_member_link": ("새 회원의 링크", "New member’s link"),
        "repeated": ("같은 글 되풀이", "The same again and again"),
        "staff": ("직원이 발견", "Found by staff"),
    },
    "visibility": {
        "public": ("공개 중", "Public"),
        "held": ("보류(임시로 가림)", "Held back"),
        "hidden": ("숨김", "Hidden"),
        "erased": ("지워짐", "Erased"),
        "draft": ("작성 중", "Draft"),
    },
    "audience": {
        "everyone": ("모든 회원", "Every member"),
        "profile": ("조건에 맞는 주민", "Residents by profile"),
        "list": ("명단에 있는 사람", "People on a list"),
        "on_site": ("현장에 있는 사람", "People on site"),
        "room": ("비공개 방", "Private room"),
    },
    "alert_state": {
        "draft": ("작성 중", "Draft"),
        "submitted": ("승인 대기", "Waiting for approval"),
        "approved": ("승인됨", "Approved"),
        "sending": ("보내는 중", "Sending"),
        "sent": ("보냄", "Sent"),
        "ended": ("끝남", "Ended"),
        "cancelled": ("취소", "Cancelled"),
    },
    "alert_kind": {"alert": ("알림", "Alert"), "correction": ("정정", "Correction"), "all_clear": ("해제", "All clear")},
    "alert_act": {
        "draft": ("작성", "drafted"),
        "edit": ("고침", "edited"),
        "submit": ("승인 요청", "submitted"),
        "return": ("되돌려 보냄", "returned"),
        "approve": ("승인", "approved"),
        "cancel": ("취소", "cancelled"),
        "send_prepared": ("준비된 글 보냄", "sent what was prepared"),
        "correction": ("정정됨", "corrected"),
        "all_clear": ("해제됨", "cleared"),
    },
    "alert_field": {
        "class": ("등급", "Class"),
        "hazard": ("재난", "Hazard"),
        "expires_at": ("만료", "In force until"),
        "exercise": ("훈련", "Exercise"),
        "districts": ("자치구", "Districts"),
        "polygons": ("다각형", "Polygons"),
        "circles": ("원", "Circles"),
        "links": ("더 읽을 곳", "Links"),
        "shelters": ("대피소", "Shelters"),
        "issuer_ko": ("누가 (한국어)", "Who says so (Korean)"),
        "where_ko": ("어디서 (한국어)", "Where (Korean)"),
        "what_ko": ("무슨 일이 (한국어)", "What happened (Korean)"),
        "action_ko": ("어떻게 행동할지 (한국어)", "What to do (Korean)"),
        "issuer_en": ("누가 (영어)", "Who says so (English)"),
        "where_en": ("어디서 (영어)", "Where (English)"),
        "what_en": ("무슨 일이 (영어)", "What happened (English)"),
        "action_en": ("어떻게 행동할지 (영어)", "What to do (English)"),
    },
    "rule_field": {
        "certificate": ("서명 인증서", "Certificate"),
        "name": ("이름", "Name"),
        "station": ("관측소", "Station"),
        "kind": ("무엇을 재나요", "What is measured"),
        "unit": ("단위", "Unit"),
        "threshold": ("발생 기준", "Raised at"),
        "clear_at": ("해제 기준", "Cleared at"),
        "above": ("값이 클수록 위험", "High values are the danger"),
        "active": ("켬", "On"),
        "duration_min": ("이어진 시간(분)", "For how long (min)"),
        "gap_min": ("참을 수 있는 공백(분)", "Longest silence (min)"),
        "lasts_min": ("알림 유효 시간(분)", "The alert lasts (min)"),
        "sender": ("CAP 발신자", "CAP sender"),
        "url": ("가져올 주소", "Feed to fetch"),
    },
    "refusal": {
        "empty": ("지역을 하나 이상 고르세요.", "Choose an area."),
        "unknown-district": ("없는 자치구가 있습니다.", "A district is unknown."),
        "too-many-shapes": ("도형이 너무 많습니다.", "There are too many shapes."),
        "too-many-points": ("꼭짓점이 너무 많습니다.", "There are too many corners."),
        "not-a-number": ("좌표가 숫자가 아닙니다.", "A coordinate is no number."),
        "swapped": ("경도와 위도가 바뀌었습니다. 경도를 먼저 적으세요.", "Longitude and latitude are swapped."),
        "outside-korea": ("한국 밖의 좌표가 있습니다.", "A point lies outside Korea."),
        "outside-city": ("서울 밖의 도형이 있습니다.", "A shape lies outside the city."),
        "too-few-points": ("다각형에는 꼭짓점이 셋 이상 있어야 합니다.", "A polygon needs three corners."),
        "self-crossing": ("다각형의 선이 서로 엇갈립니다.", "A polygon crosses itself."),
        "too-small": ("도형이 너무 작습니다.", "A shape is too small."),
        "bad-radius": ("반경은 50m에서 60km 사이여야 합니다.", "The radius must lie between 50 m and 60 km."),
        "overlapping": ("도형끼리 겹칩니다.", "Shapes overlap."),
        "too-soon": ("10분보다 길어야 합니다.", "At least ten minutes."),
        "too-late": ("7일을 넘을 수 없습니다.", "At most seven days."),
    },
    "feed_login": {"basic": ("이름과 비밀번호로 로그인", "user and password"), "bearer": ("토큰으로 로그인", "bearer token")},
    "listing_state": {
        "proposed": ("동의 대기", "Waits for a second administrator"),
        "active": ("자동 발송 중", "In force"),
        "revoked": ("취소됨", "Revoked"),
    },
    "receipt": {
        "drafted": ("초안이 됨", "Became a draft"),
        "sent": ("바로 나감", "Sent at once"),
        "withdrawn": ("거둠", "Withdrawn"),
        "ignored": ("쓰지 않음", "Not used"),
        "refused": ("읽지 못함", "Refused"),
    },
    "gap": {
        "missing": ("비어 있음", "is missing"),
        "too-long": ("157자를 넘음", "is longer than 157 characters"),
        "wrong-side": ("발생 기준을 넘은 쪽에 있음", "lies beyond the threshold"),
    },
    "delivery": {
        "waiting": ("대기", "Waiting"),
        "pending": ("대기", "Waiting"),
        "sent": ("보냄", "Sent"),
        "failed": ("실패", "Failed"),
        "skipped": ("제외", "Skipped"),
        "retired": ("없는 기기", "Device gone"),
        "cancelled": ("취소", "Cancelled"),
        "devices": ("기기", "Devices"),
        "dead": ("앱을 지운 기기", "App removed"),
        "set_aside": ("주소가 잘못된 기기", "Bad address"),
        "muted": ("받지 않기로 함", "Muted by the person"),
        "gone": ("없어진 기기", "No longer registered"),
        "digest": ("모아보기로 미룸", "Left for the digest"),
        "expired": ("기한이 지남", "Expired first"),
        "blocked": ("휴대폰이 막음", "Blocked by the phone"),
        "handled": ("처리함", "Handled"),
    },
    "counted": {"endorsements": ("공감한 사람", "Endorsements"), "debaters": ("토론에 참여한 사람", "Debaters")},
    "consequence": {
        "department_reply": ("부서가 답변", "The department replies"),
        "advance": ("다음 단계로", "Moves on"),
        "mayor_reply": ("시장이 답변", "The mayor replies"),
    },
    "register_column": {
        "phone": ("전화번호", "Phone"),
        "district": ("자치구 번호", "District"),
        "birth_year": ("태어난 해", "Year of birth"),
        "gender": ("성별", "Gender"),
    },
    "filter": {
        "view": ("보기", "View"),
        "kind": ("종류", "Kind"),
        "mark": ("까닭", "Why"),
        "state": ("상태", "State"),
        "district": ("자치구", "District"),
        "sort": ("순서", "Order"),
        "q": ("찾는 말", "Words"),
        "flood": ("도배 묶음", "Flood"),
        "poll": ("투표", "Poll"),
        "key": ("문구", "Text"),
        "phase": ("상태", "State"),
        "action": ("행위", "Action"),
        "staff_id": ("직원 번호", "Staff id"),
        "target": ("대상", "Target"),
    },
    "job_state": {
        "waiting": ("기다리는 중", "Waiting"),
        "running": ("진행 중", "Under way"),
        "done": ("끝남", "Done"),
        "failed": ("실패", "Failed"),
        "cancelled": ("멈춤", "Stopped"),
    },
    "job_kind": {
        "export": ("파일 만들기", "Export"),
        "decide_cases": ("신고 일괄 처리", "Bulk decision"),
        "revise_cases": ("일괄 처리 되돌리기", "Undo of a bulk decision"),
        "verify_audit": ("감사 기록 검증", "Verification of the audit trail"),
        "register": ("주민 명부 읽기", "Reading a register"),
        "roll": ("투표 명단 읽기", "Reading a poll’s list"),
        "people_list": ("발송 명단 읽기", "Reading a people list"),
    },
    "reach": {"received": ("받음", "Received"), "seen": ("봄", "Seen"), "opened": ("열어 봄", "Opened")},
    "language": {"ko": ("한국어", "Korean"), "en": ("영어", "English")},
    "campaign_field": {
        "title_ko": ("제목 (한국어)", "Title (Korean)"),
        "title_en": ("제목 (영어)", "Title (English)"),
        "body_ko": ("내용 (한국어)", "Text (Korean)"),
        "body_en": ("내용 (영어)", "Text (English)"),
        "to": ("받는 사람", "To"),
        "districts": ("자치구", "Districts"),
        "topics": ("관심 주제", "Topics followed"),
        "languages": ("휴대폰 언어", "Language of the phone"),
        "lists": ("명단", "People lists"),
        "trust": ("필요한 확인", "Trust needed"),
        "link": ("눌렀을 때 여는 화면", "Opens"),
        "starts_at": ("시작", "Starts"),
        "expires_at": ("만료", "Expires"),
        "spread_minutes": ("나누어 보내는 시간(분)", "Spread over (minutes)"),
    },
    "template_state": {
        "draft": ("동의를 기다림", "Waits for a colleague"),
        "active": ("쓰는 중", "In use"),
        "retired": ("거둠", "Taken back"),
    },
    "push_text": {
        "text_hidden": ("글이 가려졌을 때", "A text was hidden"),
        "sign_in_ended": ("기기를 로그아웃했을 때", "A device was signed out"),
    },
    "template_gap": {
        "missing": ("비어 있습니다.", "This is empty."),
        "bad-field": (
            "중괄호는 {이름}처럼 짝을 맞추어, 영어 소문자 이름만 넣어 주세요.",
            "Braces must match and hold a plain name, like {title}.",
        ),
        "unknown-field": ("여기서 쓸 수 없는 빈칸 이름이 있습니다.", "There is no field of that name here."),
        "too-long": ("빈칸을 채우면 너무 깁니다. 줄여 주세요.", "Too long once its fields are filled in."),
    },
    "campaign_state": {
        "draft": ("초안", "Draft"),
        "planned": ("예정", "Planned"),
        "scheduled": ("예정", "Scheduled"),
        "planning": ("대상 고르는 중", "Planning"),
        "sending": ("보내는 중", "Sending"),
        "done": ("끝남", "Done"),
        "cancelled": ("취소", "Cancelled"),
        "stopped": ("멈춤", "Stopped"),
    },
    "idea_step": {
        "submit": ("제안을 올림", "Raised"),
        "reach": ("공감 기준을 넘음", "Threshold reached"),
        "expire": ("모집 기간이 끝남", "Collecting period over"),
        "close_debate": ("토론이 끝남", "Debate closed"),
        "reply": ("부서가 답함", "Answered"),
        "accept": ("받아들임", "Accepted"),
        "decline": ("받아들이지 않음", "Declined"),
        "retire": ("글쓴이가 거둠", "Retired by its author"),
        "merge": ("다른 제안과 합침", "Merged into another"),
        "merged_from": ("다른 제안이 합쳐짐", "Another was merged in"),
        "addition": ("의견이 더해짐", "An addition was taken in"),
        "assign": ("담당 부서를 정함", "Assigned"),
        "overdue": ("답변 기한이 지남", "Reply overdue"),
        "hall_of_fame": ("명예의 전당에 오름", "Into the hall of fame"),
        "poll": ("투표로 만듦", "Turned into a poll"),
        "lift": ("기준을 넘겨 올림", "Lifted past the threshold"),
        "advance": ("다음 단계로 감", "Advanced"),
        "adopt_at_once": ("바로 채택함", "Adopted at once"),
        "complete": ("실현을 마침", "Completed"),
        "reopen": ("다시 엶", "Reopened"),
    },
    "promise": {
        "department_reply": ("부서 답변", "Department’s reply"),
        "mayor_reply": ("시장 답변", "Mayor’s reply"),
        "advance": ("다음 단계", "Next stage"),
    },
    "debate_phase": {
        "scheduled": ("열리기 전", "Scheduled"),
        "open": ("진행 중", "Open"),
        "closed": ("마감", "Closed"),
    },
    "side": {"for": ("찬성", "For"), "against": ("반대", "Against"), "other": ("기타", "Other")},
    "opinion_sort": {
        "newest": ("최신순", "Newest"),
        "best": ("공감순", "Best"),
        "controversial": ("논쟁순", "Controversial"),
        "most_replied": ("답글 많은 순", "Most replied"),
    },
    "addition_state": {
        "offered": ("글쓴이가 아직 정하지 않음", "Not yet decided by the author"),
        "accepted": ("받아들임", "Taken in"),
        "declined": ("받아들이지 않음", "Declined"),
    },
    "merge_state": {
        "offered": ("글쓴이의 답을 기다림", "Waits for the author"),
        "accepted": ("합침", "Merged"),
        "declined": ("거절됨", "Declined"),
    },
    "idea_event": {
        "lift": ("기준을 넘겨 올리기", "Lift past the threshold"),
        "advance": ("다음 단계로", "Advance"),
        "adopt_at_once": ("바로 채택", "Adopt at once"),
        "complete": ("실현 완료", "Complete"),
        "reopen": ("다시 열기", "Reopen"),
    },
    "verdict": {
        "accepted": ("받아들임", "Accepted"),
        "partly": ("일부 받아들임", "Accepted in part"),
        "declined": ("받아들이지 않음", "Declined"),
        "reply": ("답변만", "Reply only"),
    },
    "staff_state": {"active": ("근무", "Active"), "suspended": ("정지", "Suspended")},
    "person_state": {
        "active": ("이용 중", "Active"),
        "awaiting_guardian": ("보호자 동의 대기", "Awaiting a guardian"),
        "erased": ("지워짐", "Erased"),
        "merged": ("합쳐짐", "Merged"),
    },
    "level": {"guest": ("손님", "Guest"), "member": ("회원", "Member"), "resident": ("확인된 주민", "Confirmed resident")},
    "action": {"hide": ("숨김", "Hidden"), "keep": ("그대로 둠", "Kept")},
    "trust": {"new": ("새 회원", "New"), "known": ("알려진 회원", "Known"), "trusted": ("믿을 만한 회원", "Trusted")},
    "pipeline": {
        "oasis": ("천만상상 오아시스형", "Oasis"),
        "democracy-seoul": ("민주주의 서울형", "Democracy Seoul"),
    },
    "field": {
        "is_reviewed": ("열기 전에 검토", "Looked at before it runs"),
        "daily_limit": ("하루에 한 사람이 열 수 있는 수", "Polls of a person in a day"),
        "auto_hide_at": ("임시로 가리는 신고 수", "Reports until held back"),
        "words": ("살펴볼 낱말", "Words to look at"),
        "ko": ("한국어", "Korean"),
        "en": ("영어", "English"),
        "name": ("이름", "Name"),
        "about": ("설명", "About"),
        "pipeline": ("절차", "Pipeline"),
        "collecting_days": ("공감을 모으는 기간(일)", "Days to collect"),
        "remind_before_days": ("기한을 알리는 때(며칠 전)", "Reminders, days before"),
        "thresholds": ("기준", "Threshold"),
        "counted": ("세는 것", "What is counted"),
        "count": ("수", "Number"),
        "consequence": ("결과", "What follows"),
        "reply_days": ("답변 기한(일)", "Days to reply"),
        "debate_days": ("토론 기간(일)", "Days of debate"),
        "version": ("판", "Version"),
        "id": ("식별 이름", "Id"),
    },
    "poll_act": {
        "create": ("초안을 만듦", "drafted it"),
        "edit": ("초안을 고침", "changed the draft"),
        "seal": ("봉인 투표로 바꿈", "sealed it"),
        "commit_tie_seed": ("추첨 씨앗의 약속값을 적음", "noted the commitment to the seed for ties"),
        "reveal_tie_seed": ("추첨 씨앗을 공개", "revealed the seed for ties"),
        "schedule": ("예약", "scheduled it"),
        "approve": ("열어 줌", "let it run"),
        "refuse": ("거절", "refused it"),
        "cancel": ("취소", "cancelled it"),
        "extend": ("마감을 늦춤", "moved the closing later"),
        "close_early": ("마감을 앞당김", "closed it earlier"),
        "upload_roll": ("명단을 올림", "uploaded a list"),
        "clear_roll": ("명단을 비움", "emptied the list"),
        "submit_share": ("열쇠 조각을 받음", "took a share"),
        "submit_contents": ("열린 내용을 받음", "took the opened contents"),
        "withdraw_ballot": ("표 한 장을 무효로 함", "withdrew a ballot"),
    },
    "poll_change": {
        "extended": ("마감 연기", "Extended"),
        "closed-early": ("마감 앞당김", "Closed early"),
        "hidden": ("가림", "Hidden"),
        "shown": ("다시 보임", "Shown again"),
    },
    "funding": {
        "funded": ("선정", "Funded"),
        "too_costly": ("남은 예산보다 비쌈", "Costs more than was left"),
        "no_votes": ("득표 없음", "No votes"),
        "share": ("지지자 몫이 모자람", "Supporters’ shares do not cover it"),
    },
    "recount": {
        "public": ("공개 재집계: 마감 뒤 열쇠를 공개", "Public: the key is published after closing"),
        "trustees": ("수탁자 재집계: 섞은 내용만 공개", "By the trustees: only the shuffled contents are published"),
    },
    "secrecy": {
        "open": ("일반 집계", "Open count"),
        "sealed": ("봉인 투표(열쇠 나눔)", "Sealed (keys shared by trustees)"),
    },
}


LABELS["idea_state"] = {code.value: (names["ko"], names["en"]) for code, names in STATE_NAMES.items()}
LABELS["alert_class"] = {code: (facts.ko, facts.en) for code, facts in CLASSES.items()}
LABELS["campaign_kind"] = {name: (kind.ko, kind.en) for name, kind in KINDS.items()}
LABELS["hazard"] = {code: (facts.ko, facts.en) for code, facts in HAZARDS.items()}
LABELS["method"] = {code: (method.ko, method.en) for code, method in METHODS.items()}


def say(ko: str, en: str) -> str:
    """Give the text in the language of the person who reads."""
    return en if language() == "en" else ko


def label(kind: str, code: Any) -> str:
    """Give a code's name on the screen."""
    pair = LABELS.get(kind, {}).get(str(code))
    return say(*pair) if pair else str(code)


def gap_place(path: str) -> str:
    """Name the part of an alert that a gap is about: "ko.where", "correction.en", …"""
    *kind, rest = path.split(".", 1) if path.split(".")[0] in LABELS["alert_kind"] else (path,)
    code, _, part = rest.partition(".")
    name = (
        label("alert_field", f"{part}_{code}")
        if part
        else {"ko": say("한국어 글", "Korean text")}.get(code, say("영어 글", "English text"))
    )
    return f"{label('alert_kind', kind[0])}: {name}" if kind else name


def choices(kind: str, codes: Any = None) -> list[tuple[str, str]]:
    """Give (code, name) pairs of a kind for a field to choose from."""
    return [(code, label(kind, code)) for code in (codes or LABELS[kind])]


def localized(text: Any) -> str:
    """Give staff's text in the reader's language, in Korean where there is no other."""
    if not text:
        return ""
    if isinstance(text, str):
        return text
    return str((text.get("en") if language() == "en" else None) or text.get("ko") or "")


def local(moment: datetime) -> datetime:
    """Give a moment in the city's time."""
    return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(CITY_TIME)


def when(moment: datetime | None) -> Markup:
    """Write a moment in the city's time, short."""
    if not isinstance(moment, datetime):
        return Markup("–")
    at = local(moment)
    this_year = at.year == local(now()).year
    if language() == "en":
        text = f"{at:%a} {at.day} {at:%b}" + ("" if this_year else f" {at.year}") + f", {at:%H:%M}"
    else:
        text = ("" if this_year else f"{at.year}. ") + f"{at.month}. {at.day}.({WEEKDAYS_KO[at.weekday()]}) {at:%H:%M}"
    return Markup('<time datetime="{}">{}</time>').format(at.isoformat(timespec="seconds"), text)


def day(moment: datetime | None) -> str:
    """Write a day in the city's time."""
    if not isinstance(moment, datetime):
        return "–"
    at = local(moment)
    return f"{at.day} {at:%b %Y}" if language() == "en" else f"{at.year}. {at.month}. {at.day}."


def ago(moment: datetime | None) -> Markup:
    """Write how far a moment lies from now, with the moment itself as the element's title."""
    if not isinstance(moment, datetime):
        return Markup("–")
    gap = now() - moment.replace(tzinfo=moment.tzinfo or UTC)
    text = span(abs(gap))
    if abs(gap) < timedelta(minutes=1):
        text = say("방금", "just now")
    elif gap > timedelta():
        text = say(f"{text} 전", f"{text} ago")
    else:
        text = say(f"{text} 뒤", f"in {text}")
    at = local(moment)
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        at.isoformat(timespec="seconds"), f"{at:%Y-%m-%d %H:%M:%S}", text
    )


def span(gap: timedelta) -> str:
    """Write a length of time in its largest unit."""
    seconds = int(gap.total_seconds())
    for size, ko, one, many in ((86400, "일", "day", "days"), (3600, "시간", "hour", "hours"), (60, "분", "minute", "minutes")):
        if seconds >= size:
            count = seconds // size
            return say(f"{count}{ko}", f"{count} {one if count == 1 else many}")
    return say(f"{seconds}초", f"{seconds} s")


def number(value: Any) -> str:
    """Write a number with its thousands set apart."""
    return f"{value:,}" if isinstance(value, int | float) else "–"


def percent(part: float, whole: float) -> str:
    """Write a share with one decimal."""
    return f"{100 * part / whole:.1f} %" if whole else "–"


def size(count_bytes: float | None) -> str:
    """Write a number of bytes in its largest unit."""
    if not isinstance(count_bytes, int | float):
        return "–"
    for unit in ("B", "kB", "MB", "GB"):
        if count_bytes < 1000 or unit == "GB":
            return f"{count_bytes:.0f} {unit}" if unit == "B" else f"{count_bytes:.1f} {unit}"
        count_bytes /= 1000
    return ""


def district(code: str | None) -> str:
    """Write a district's name."""
    return district_name(code, language()) if code in DISTRICTS else (code or "–")


def band(first: str) -> str:
    """Write an age band by its first age."""
    if first == "0":
        return say("20세 미만", "under 20")
    if first == "70":
        return say("70대 이상", "70 and over")
    return say(f"{first}대", f"{first}s")


def districts() -> list[tuple[str, str]]:
    """Give all districts as (code, name), in the order of their names."""
    return sorted(((code, district(code)) for code in DISTRICTS), key=lambda pair: pair[1])


def topic(name: str) -> str:
    """Write a topic's name."""
    return say(*CATEGORIES[name].values()) if name in CATEGORIES else name


def topics() -> list[tuple[str, str]]:
    """Give all topics as (name, what it is called)."""
    return [(name, topic(name)) for name in CATEGORIES]


def push_text(key: str) -> str:
    """Say when a push text is used."""
    if key not in TEMPLATES:
        return say("직접 쓰는 소식", "Staff’s own messages")
    return label("push_text", key) if key in LABELS["push_text"] else label("campaign_kind", key)


def shown_lines(text: str | None) -> Markup:
    """Write people's text as plain text that keeps its line breaks."""
    return Markup("<br>").join(escape(line) for line in (text or "").splitlines())


def bar_rows(totals: dict[str, str], names: dict[str, str]) -> list[tuple[str, float]]:
    """Give a round's totals as rows of a chart, the most first."""
    rows = [(names.get(option, option), float(votes)) for option, votes in totals.items()]
    return sorted(rows, key=lambda row: -row[1])


def month_points(months: dict[str, Any]) -> list[tuple[str, float]]:
    """Give people taking part as points of a chart."""
    return [(month, figure["people"]) for month, figure in months.items()]


def case_points(months: dict[str, Any]) -> list[tuple[str, float]]:
    """Give cases of moderation as points of a chart."""
    return [(month, figure["cases"]) for month, figure in months.items()]


def band_points(rows: list[tuple[str, list[int | None]]]) -> list[tuple[str, float]]:
    """Add a table's shown counts up by age band, as rows of a chart."""
    return [(band(first), sum(counts[place] or 0 for _, counts in rows)) for place, first in enumerate(BANDS)]


def reply_points(replies: list[dict[str, Any]]) -> list[tuple[str, float]]:
    """Give departments' median days as rows of a chart, the slowest first."""
    rows = [(row["department"] or "–", row["median_days"]) for row in replies if row["median_days"] is not None]
    return sorted(rows, key=lambda row: -row[1])


def zip_names(ids: Any, options: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Pair option ids with their names."""
    return [(option_id, localized(option["title"])) for option_id, option in zip(ids, options, strict=True)]
