"""The default categories of matters; a district edits its own list."""

CATEGORIES = (
    ("road_traffic", "道路交通", "Roads and traffic"),
    ("sanitation", "环境卫生", "Sanitation"),
    ("property", "物业小区", "Estates and property management"),
    ("old_housing", "老旧改造", "Old housing renewal"),
    ("elderly", "养老助老", "Elderly care"),
    ("education", "教育托幼", "Schools and childcare"),
    ("health", "医疗卫生", "Health"),
    ("safety", "安全隐患", "Safety hazards"),
    ("noise", "噪声油烟", "Noise and fumes"),
    ("green", "绿化园林", "Green space"),
    ("culture", "文体活动", "Culture and sport"),
    ("business", "营商商业", "Business"),
    ("accessibility", "无障碍", "Accessibility"),
    ("other", "其他", "Other"),
)
