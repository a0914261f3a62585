"""What citizens’ texts, their stages and their writers are called."""

from proposals.ideas.pipeline import STATE_NAMES

LABELS: dict[str, dict[str, tuple[str, str]]] = {
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
    "counted": {"endorsements": ("공감한 사람", "Endorsements"), "debaters": ("토론에 참여한 사람", "Debaters")},
    "consequence": {
        "department_reply": ("부서가 답변", "The department replies"),
        "advance": ("다음 단계로", "Moves on"),
        "mayor_reply": ("시장이 답변", "The mayor replies"),
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
    "appeal": {"open": ("기다림", "Waits"), "reversed": ("받아들임", "Accepted"), "upheld": ("결정 유지", "Upheld")},
    "action": {"hide": ("숨김", "Hidden"), "keep": ("그대로 둠", "Kept")},
    "trust": {"new": ("새 회원", "New"), "known": ("알려진 회원", "Known"), "trusted": ("믿을 만한 회원", "Trusted")},
    "pipeline": {
        "oasis": ("천만상상 오아시스형", "Oasis"),
        "democracy-seoul": ("민주주의 서울형", "Democracy Seoul"),
    },
    "person_state": {
        "active": ("이용 중", "Active"),
        "awaiting_guardian": ("보호자 동의 대기", "Awaiting a guardian"),
        "erased": ("지워짐", "Erased"),
        "merged": ("합쳐짐", "Merged"),
    },
    "level": {"guest": ("손님", "Guest"), "member": ("회원", "Member"), "resident": ("확인된 주민", "Confirmed resident")},
}

LABELS["idea_state"] = {code.value: (names["ko"], names["en"]) for code, names in STATE_NAMES.items()}
