"""Problems about preferences."""

from mvoting.core.problems import Problem


class CannotMute(Problem):
    code, status = "notifications.cannot-mute", 422
    ko = "위급재난문자와 계정 알림은 끌 수 없습니다."
    en = "Extreme alerts and account messages cannot be switched off."
