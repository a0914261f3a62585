from proposals import shingles

AD = "지금 가입하면 누구나 무료 상품권 십만원을 드립니다. 아래 번호로 전화하세요 일이삼사"
AD_CHANGED = "지금 가입하면  누구나 무료 상품권 십만원을 드립니다!! 아래 번호로 전화하세요 일이삼오"
OTHER = "놀이터 바닥이 깨져 아이들이 다칩니다. 올해 안에 고쳐 주시면 좋겠습니다"


def test_a_text_changed_in_a_few_letters_is_near():
    assert shingles.likeness(shingles.signature(AD), shingles.signature(AD_CHANGED)) >= shingles.NEAR
    assert set(shingles.bands(shingles.signature(AD))) & set(shingles.bands(shingles.signature(AD_CHANGED)))


def test_another_text_is_not_near():
    assert shingles.likeness(shingles.signature(AD), shingles.signature(OTHER)) < 0.2


def test_short_agreement_accuses_nobody():
    assert shingles.signature("동의합니다!") == []
    assert shingles.bands([]) == []
    assert shingles.likeness([], []) == 0.0
