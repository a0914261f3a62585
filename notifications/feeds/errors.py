"""Problems about CAP sources and their messages."""

from mvoting.core.problems import Problem


class SourceNotFound(Problem):
    code, status = "feeds.source-not-found", 404
    ko = "CAP 발신 기관을 찾을 수 없습니다. 목록을 새로 불러와 주세요."
    en = "This CAP source is not found. Load the list again."


class SourceUnknown(Problem):
    code, status = "feeds.source-unknown", 401
    ko = "CAP 발신 기관의 키가 올바르지 않습니다."
    en = "The key of the CAP source is not valid."


class CapMessageRefused(Problem):
    code, status = "feeds.message-refused", 422
    ko = "CAP 1.2 메시지로 읽을 수 없습니다. 사유: {reason}, 위치: {where}"
    en = "This is not a CAP 1.2 message that can be used: {reason} at {where}"
    examples = {"reason": "signature", "where": "info[0].area"}


class SenderNotOfSource(Problem):
    code, status = "feeds.sender-not-of-source", 403
    ko = "이 키로는 {sender} 이름의 메시지를 보낼 수 없습니다."
    en = "This key may not hand in messages of {sender}."
    examples = {"sender": "warning@example.org"}


class AddressRefused(Problem):
    code, status = "feeds.address-refused", 422
    ko = "가져올 수 없는 주소입니다. https 주소를 입력해 주세요."
    en = "This address cannot be fetched from. Enter an https address."


class CertificateRefused(Problem):
    code, status = "feeds.certificate-refused", 422
    examples = {"reason": "expired"}
    ko = "서명을 확인할 인증서로 쓸 수 없습니다(사유: {reason}). 유효한 PEM 인증서를 넣어 주세요."
    en = "Signatures cannot be checked with this certificate ({reason}). Give a valid one in PEM form."
