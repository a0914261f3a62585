"""Refusals of the accounts domain.

Problem
├── sign-in of citizens: NoMobileNumber, InvalidCode, TooManyTries, InvalidIdentityToken, IdentityProviderDown, PhoneRequired,
│   ConsentRequired, SecondFactRequired, NumberResting, AccountMerged
├── tokens and sessions: TokenInvalid, TokenExpired, SessionEnded, InvalidRefreshToken, RefreshTokenReplayed
├── what a person may do: TrustRequired, GuardianRequired
├── identifiers and guardians: IdentifierTaken, LastIdentifier, InvalidGuardianCode, GuardianNotEligible
└── staff: StaffSignInRefused, InvalidSecondFactor, StaffSessionEnded, WeakPassword, WrongPassword, WrongSecondFactor, …
"""

from mvoting.core.problems import Problem


class InvalidCode(Problem):
    code, status = "accounts.invalid-code", 401
    ko = "인증번호가 맞지 않거나 시간이 지났습니다. 다시 받아 주세요."
    en = "The code is wrong or has expired. Ask for a new one."


class NoMobileNumber(Problem):
    code, status = "accounts.no-mobile-number", 422
    ko = "010으로 시작하는 휴대전화 번호를 적어 주세요."
    en = "Give a Korean mobile number, such as 010-1234-5678."


class TooManyTries(Problem):
    code, status = "accounts.too-many-tries", 429
    ko = "여러 번 시도되어 안전을 위해 잠시 멈췄습니다. {wait_ko} 뒤에 다시 시도해 주세요."
    en = "After several tries this waits for safety. Try again in {wait_en}."
    examples = {"retry_after_s": 30}


class InvalidIdentityToken(Problem):
    code, status = "accounts.invalid-identity-token", 401
    ko = "본인 확인을 마치지 못했습니다. 처음부터 다시 로그인해 주세요."
    en = "Your identity could not be confirmed. Please sign in again from the start."


class IdentityProviderDown(Problem):
    code, status = "accounts.identity-provider-down", 503
    ko = "본인 확인 서비스가 응답하지 않습니다. 잠시 뒤 다시 로그인해 주세요. 이미 로그인한 기기는 그대로 쓸 수 있습니다."
    en = "The identity service does not answer. Please sign in again in a moment; devices already signed in keep working."


class ConsentDue(Problem):
    code, status = "accounts.consent-due", 403
    ko = "이용약관이나 개인정보 처리방침이 바뀌었습니다. 바뀐 내용에 동의하면 이어서 쓸 수 있습니다."
    en = "The terms or the privacy notice have changed. Agree to the new version to go on."


class PhoneRequired(Problem):
    code, status = "accounts.phone-required", 403
    ko = "처음에는 휴대전화 번호나 국가 본인확인으로 가입해 주세요. 그 뒤에 이 로그인 방법을 연결할 수 있습니다."
    en = "Please join with a phone number or national identity first. You can connect this way of signing in afterwards."


class ConsentRequired(Problem):
    code, status = "accounts.consent-required", 403
    ko = "가입하려면 이용약관과 개인정보 처리방침에 동의하고, 만 14세 이상인지 알려 주세요."
    en = "To join, agree to the terms and the privacy notice, and tell whether you are 14 or older."


class SecondFactRequired(Problem):
    code, status = "accounts.second-fact-required", 403
    ko = "이 번호는 오래 쓰이지 않아 주인이 바뀌었을 수 있습니다. 연결해 둔 다른 로그인이나 로그인된 기기로 확인해 주세요."
    en = (
        "This number was not used for long and may have a new owner. Confirm with another connected sign-in or a device "
        "that is still signed in."
    )


class NumberResting(Problem):
    code, status = "accounts.number-resting", 409
    ko = "이 번호는 최근까지 다른 계정에 쓰였습니다. 그때 열려 있던 투표가 모두 끝나면 새로 가입할 수 있습니다."
    en = "This number belonged to another account until recently. You can join once every poll open at that time has closed."


class TokenInvalid(Problem):
    code, status = "accounts.token-invalid", 401
    ko = "로그인 상태를 확인하지 못했습니다. 다시 로그인해 주세요."
    en = "Your sign-in could not be confirmed. Please sign in again."


class TokenExpired(Problem):
    code, status = "accounts.token-expired", 401
    ko = "로그인 시간이 지났습니다. 화면을 새로 고치거나 다시 로그인해 주세요."
    en = "Your sign-in has run out. Reload the page, or sign in again."


class SessionEnded(Problem):
    code, status = "accounts.session-ended", 401
    ko = "이 기기는 로그아웃되었습니다. 다시 로그인해 주세요."
    en = "This device has been signed out. Please sign in again."


class InvalidRefreshToken(Problem):
    code, status = "accounts.invalid-refresh-token", 401
    ko = "로그인을 이어 갈 수 없습니다. 다시 로그인해 주세요."
    en = "The session cannot be continued. Please sign in again."


class RefreshTokenReplayed(Problem):
    code, status = "accounts.refresh-token-replayed", 401
    ko = "같은 로그인 정보가 두 곳에서 쓰여, 안전을 위해 이 기기를 로그아웃했습니다. 다시 로그인해 주세요."
    en = "The same sign-in was used twice, so this device was signed out for safety. Please sign in again."


class TrustRequired(Problem):
    code, status = "accounts.trust-required", 403
    ko = "주소지가 확인된 주민만 할 수 있습니다. 본인확인이나 가까운 주민센터 창구에서 주민 확인을 받아 주세요."
    en = (
        "Only confirmed residents can do this. Have your residence confirmed with your national identity or at a service counter."
    )


class GuardianRequired(Problem):
    code, status = "accounts.guardian-required", 403
    ko = "만 14세 미만은 보호자가 동의해야 참여할 수 있습니다. ‘나’ 화면에서 보호자에게 줄 번호를 받아 주세요."
    en = "Under 14, a guardian must consent before you can take part. Get a code for your guardian on the page “Me”."


class StaffSignInRefused(Problem):
    code, status = "accounts.staff-sign-in-refused", 401
    ko = "이메일이나 비밀번호가 맞지 않습니다. 다시 입력해 주세요."
    en = "The e-mail address or the password is not right. Please try again."


class InvalidSecondFactor(Problem):
    code, status = "accounts.invalid-second-factor", 401
    ko = "두 번째 확인에 실패했습니다. 새 번호로 다시 시도해 주세요."
    en = "The second factor was not accepted. Try again with a new code."


class StaffSessionEnded(Problem):
    code, status = "accounts.staff-session-ended", 401
    ko = "직원 로그인이 끝났습니다. 다시 로그인해 주세요."
    en = "The staff session has ended. Please sign in again."


class WeakPassword(Problem):
    code, status = "accounts.weak-password", 422
    ko = "비밀번호는 12자 이상이어야 하고, 흔한 비밀번호나 이름, 이메일을 쓸 수 없습니다."
    en = "A password has at least 12 letters and is neither a common one nor your name or e-mail address."


class StaffExists(Problem):
    code, status = "accounts.staff-exists", 409
    ko = "이 이메일을 쓰는 직원이 이미 있습니다. 직원 목록에서 확인해 주세요."
    en = "There is already a staff member with this e-mail address. See the list of staff."


class IdentifierTaken(Problem):
    code, status = "accounts.identifier-taken", 409
    ko = "이미 다른 계정에 연결되어 있습니다. 두 계정이 모두 본인 것이라면 주민센터나 120에서 합칠 수 있습니다."
    en = "This is connected to another account. If both are yours, staff at a service counter can join them."


class LastIdentifier(Problem):
    code, status = "accounts.last-identifier", 409
    ko = "계정에는 전화번호나 국가 본인확인이 하나는 남아 있어야 합니다. 새 번호를 먼저 연결해 주세요."
    en = "An account needs one phone number or national identity. Connect the new one first."


class TooManyIdentifiers(Problem):
    code, status = "accounts.too-many-identifiers", 409
    ko = "로그인 방법은 {limit}개까지 연결할 수 있습니다. 쓰지 않는 것을 먼저 지워 주세요."
    en = "At most {limit} ways of signing in can be connected. Remove one that you no longer use first."
    examples = {"limit": 5}


class GuardianNotEligible(Problem):
    code, status = "accounts.guardian-not-eligible", 403
    ko = "보호자는 나이가 확인된 성인 주민이어야 합니다. 주민 확인을 받은 뒤 다시 시도해 주세요."
    en = "A guardian must be a confirmed resident and an adult. Have your residence confirmed, then try again."


class PersonNotFound(Problem):
    code, status = "accounts.person-not-found", 404
    ko = "그 회원을 찾을 수 없습니다. 탈퇴했거나 번호가 다를 수 있습니다."
    en = "This person is not found: the account may have been erased, or the id is another."


class NotTwoPersons(Problem):
    code, status = "accounts.not-two-persons", 409
    ko = "서로 다른, 지금 쓰이고 있는 두 계정만 합칠 수 있습니다."
    en = "Only two different accounts that are in use can be joined."


class InvalidInvitation(Problem):
    code, status = "accounts.invalid-invitation", 401
    ko = "초대가 올바르지 않거나 기한이 지났습니다. 새 초대를 받아 주세요."
    en = "The invitation is not valid or has expired. Ask for a new one."


class StaffNotFound(Problem):
    code, status = "accounts.staff-not-found", 404
    ko = "그 직원을 찾을 수 없습니다. 직원 목록에서 확인해 주세요."
    en = "This staff member is not found. See the list of staff."


class NotOneself(Problem):
    code, status = "accounts.not-oneself", 409
    ko = "자신의 권한은 다른 관리자만 바꿀 수 있습니다."
    en = "Another administrator must change your own rights."


class TwoHandsNeeded(Problem):
    code, status = "accounts.two-hands-needed", 409
    ko = "관리자와 재난 알림 권한은 다른 관리자 한 사람이 더 승인해야 합니다."
    en = "A second administrator must agree before the role of an administrator or one for alerts is granted."


class RegisterUnreadable(Problem):
    code, status = "accounts.register-unreadable", 422
    ko = "첫 줄이 {columns}인 UTF-8 CSV 파일이어야 합니다."
    en = "This must be a UTF-8 CSV file whose first line is {columns}."
    examples = {"columns": "phone, district, birth_year, gender"}


class ExportNotReady(Problem):
    code, status = "accounts.export-not-ready", 404
    ko = "자료가 아직 준비되지 않았거나 받을 수 있는 기한이 지났습니다. ‘나’ 화면에서 다시 요청해 주세요."
    en = "The archive is not ready yet, or its link has expired. Ask for it again on the page “Me”."


class WrongPassword(Problem):
    code, status = "accounts.wrong-password", 403
    ko = "지금 쓰는 비밀번호가 맞지 않습니다. 다시 입력해 주세요."
    en = "That is not your present password. Please try again."


class WrongSecondFactor(Problem):
    code, status = "accounts.wrong-second-factor", 403
    ko = "인증 앱의 번호나 복구 번호가 맞지 않거나 시간이 지났습니다. 새 번호로 다시 시도해 주세요."
    en = "The authenticator's code or the recovery code is wrong or has expired. Try again with a new one."


class PasskeysNotOffered(Problem):
    code, status = "accounts.passkeys-not-offered", 409
    ko = "이 서버는 이름이 아닌 숫자 주소로 열려 있어 패스키를 쓸 수 없습니다. 인증 앱의 번호로 로그인해 주세요."
    en = "Passkeys need a server with a name; this one is reached by a bare address. Use your authenticator's code instead."


class InvalidPasskey(Problem):
    code, status = "accounts.invalid-passkey", 422
    ko = "패스키를 등록하지 못했습니다. 처음부터 다시 해 주세요."
    en = "The passkey could not be registered. Please start again."


class TooManyPasskeys(Problem):
    code, status = "accounts.too-many-passkeys", 409
    ko = "패스키는 {limit}개까지 등록할 수 있습니다. 쓰지 않는 것을 지운 뒤 다시 해 주세요."
    en = "You can register {limit} passkeys. Remove one that you no longer use first."
    examples = {"limit": 10}
