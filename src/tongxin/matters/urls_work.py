"""Addresses of the staff pages, all below /work/."""

from django.urls import path

from tongxin.matters.views.work import bulk, detail, doing, entry, lists

urlpatterns = [
    path("", lists.work_list, name="work_list"),
    path("search/", lists.search, name="work_search"),
    path("bulk/", bulk.bulk, name="work_bulk"),
    path("enter/", entry.enter, name="work_enter"),
    path("enter/done/", entry.entered, name="work_entered"),
    path("matters/<str:number>/", detail.work_detail, name="work_matter"),
    path("matters/<str:number>/contact/", detail.show_contact, name="work_contact"),
    path("matters/<str:number>/letter/", detail.letter, name="work_letter"),
    path("matters/<str:number>/do/<slug:name>/", doing.do_transition, name="work_do"),
    path("matters/<str:number>/comments/<int:pk>/remove/", detail.remove_comment, name="work_remove_comment"),
]
