"""The page's words in the languages of site.yaml."""

from __future__ import annotations

WORDS: dict[str, dict[str, str]] = {
    "en": {},  # the keys are the English words
    "ko": {
        "Climate": "환경",
        "Setpoints": "설정값",
        "Actuators": "구동기",
        "Alarms": "경보",
        "Connections": "연결",
        "No alarms": "경보 없음",
        "not decided yet": "아직 결정 전",
        "on": "켜짐",
        "off": "꺼짐",
        "open": "열림",
        "closed": "닫힘",
        "opening": "여는 중",
        "closing": "닫는 중",
        "today": "오늘",
        "good": "정상",
        "stale": "오래됨",
        "bad": "이상",
        "unknown": "알 수 없음",
        "online": "정상",
        "offline": "끊김",
        "waiting": "대기",
        "Seen": "확인",
        "By hand": "수동",
        "Back to the rules": "자동으로",
        "for": "동안",
        "Close": "닫기",
        "Set": "적용",
        "hard limit": "한계",
        "interlock": "연동 잠금",
        "safety": "안전",
        "hand": "수동",
        "irrigation": "관수",
        "rule": "규칙",
        "idle": "대기",
        "raised": "발생",
        "acknowledged": "확인됨",
        "cleared": "해제",
        "readings": "측정",
        "commands": "명령",
        "connection lost": "연결 끊김",
    },
}


def words(language: str) -> dict[str, str]:
    """The words of one language; English where there is none."""
    return WORDS.get(language, {})
