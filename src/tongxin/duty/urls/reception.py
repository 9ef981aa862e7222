"""Addresses of receptions and visits."""

from django.urls import path

from tongxin.duty.views import reception, reception_desk, reception_work, visits

urlpatterns = [
    path("receptions/", reception.receptions, name="receptions"),
    path("receptions/<str:number>/", reception.reception, name="reception"),
    path("receptions/<str:number>/book/", reception.booking, name="reception_book"),
    path("receptions/<str:number>/booked/", reception.booked, name="reception_booked"),
    path("receptions/<str:number>/ticket/", reception.ticket, name="reception_ticket"),
    path("receptions/<str:number>/ticket/<int:pk>.ics", reception.ticket_calendar, name="reception_ics"),
    path("receptions/<str:number>/screen/", reception.screen, name="reception_screen"),
    path("work/receptions/", reception_work.receptions, name="work_receptions"),
    path("work/receptions/new/", reception_work.plan, name="work_reception_plan"),
    path("work/receptions/<str:number>/", reception_desk.desk, name="work_reception"),
    path("work/receptions/<str:number>/do/", reception_desk.act, name="work_reception_do"),
    path("work/receptions/<str:number>/change/", reception_work.change, name="work_reception_change"),
    path("work/receptions/<str:number>/cancel/", reception_work.cancel, name="work_reception_cancel"),
    path(
        "work/receptions/<str:number>/tickets/<int:pk>/do/", reception_desk.ticket_act, name="work_ticket_do"
    ),
    path("work/receptions/<str:number>/tickets/<int:pk>/slip/", reception_desk.slip, name="work_ticket_slip"),
    path(
        "work/receptions/<str:number>/tickets/<int:pk>/matter/",
        reception_desk.enter,
        name="work_ticket_enter",
    ),
    path(
        "work/receptions/<str:number>/tickets/<int:pk>/receipt/",
        reception_desk.receipt,
        name="work_ticket_receipt",
    ),
    path("work/visits/", visits.visits, name="visits"),
    path("work/visits/new/", visits.new, name="visit_new"),
    path("work/visits/receipts/", visits.receipts, name="visit_receipts"),
    path("work/visits/<int:pk>/", visits.visit, name="visit"),
]
