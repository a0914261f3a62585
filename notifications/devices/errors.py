"""Problems about devices."""

from mvoting.core.problems import Problem


class DeviceNotFound(Problem):
    code, status = "notifications.device-not-found", 404
    ko = "기기를 찾을 수 없습니다. 이미 지워졌을 수 있습니다."
    en = "This device is not found; it may have been removed already."


class TooManyDevices(Problem):
    code, status = "notifications.too-many-devices", 409
    ko = "기기는 {limit}대까지 등록할 수 있습니다. 쓰지 않는 기기를 지워 주세요."
    en = "You can register {limit} devices. Remove one that you no longer use."
    examples = {"limit": 10}


class OutsideCity(Problem):
    code, status = "notifications.outside-city", 422
    ko = "서울시 밖의 위치입니다. 관심 지역을 골라 주세요."
    en = "This position is outside the city. Choose districts instead."
