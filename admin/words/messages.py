"""What campaigns, push texts and deliveries are called."""

from notifications.preferences.kinds import KINDS

LABELS: dict[str, dict[str, tuple[str, str]]] = {
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
    "push_condition": {
        "ready": ("받을 수 있음", "Reachable"),
        "blocked": ("휴대폰 설정에서 막음", "Blocked in the phone’s settings"),
        "silent": ("한 달 넘게 소식 없음", "Silent for a month"),
        "expired": ("너무 오래되어 닿지 않음", "Too old to be reached"),
        "gone": ("앱을 지웠거나 로그아웃함", "App removed, or signed out"),
        "set_aside": ("주소가 잘못됨", "Address refused"),
    },
    "platform": {"android": ("안드로이드", "Android"), "ios": ("아이폰", "iPhone"), "web": ("웹 브라우저", "Web browser")},
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
        "text_held": ("글이 확인을 기다릴 때", "A text waits to be looked at"),
        "text_kept": ("글이 다시 보이게 됐을 때", "A text is shown again"),
        "appeal_upheld": ("이의에도 결정이 그대로일 때", "An appeal was not accepted"),
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
}

LABELS["campaign_kind"] = {name: (kind.ko, kind.en) for name, kind in KINDS.items()}
