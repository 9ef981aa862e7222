"""Addresses of the rosters part of duty."""

from django.urls import path

from tongxin.duty.views import rosters, rosters_keeping, shifts

urlpatterns = [
    path("work/duty/", rosters.duty, name="duty"),
    path("work/rosters/", rosters.rosters, name="rosters"),
    path("work/rosters/leaves/", rosters_keeping.roster_leaves, name="roster_leaves"),
    path("work/rosters/slots/<int:pk>/", rosters_keeping.slot_edit, name="roster_slot"),
    path("work/rosters/patterns/<int:pk>/", rosters_keeping.roster_pattern, name="roster_pattern"),
    path("work/rosters/<slug:code>/patterns/", rosters_keeping.roster_patterns, name="roster_patterns"),
    path("work/rosters/<slug:code>/<slug:month>/", rosters.roster, name="roster"),
    path("work/rosters/<slug:code>/<slug:month>/add/", rosters_keeping.slot_add, name="roster_add"),
    path("work/shifts/", shifts.my_shifts, name="my_shifts"),
    path("work/shifts/<int:pk>/swap/", shifts.shift_swap, name="shift_swap"),
]
