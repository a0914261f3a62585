"""What polls and their parts are called."""

from mvoting.voting.methods.registry import METHODS

LABELS: dict[str, dict[str, tuple[str, str]]] = {
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
    "audience": {
        "everyone": ("모든 회원", "Every member"),
        "profile": ("조건에 맞는 주민", "Residents by profile"),
        "list": ("명단에 있는 사람", "People on a list"),
        "on_site": ("현장에 있는 사람", "People on site"),
        "room": ("비공개 방", "Private room"),
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

LABELS["method"] = {code: (method.ko, method.en) for code, method in METHODS.items()}
