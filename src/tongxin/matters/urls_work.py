"""Addresses of the staff pages, all below /work/."""

from django.urls import path

from tongxin.matters.views.work import bulk, calendar, categories, detail, doing, entry, export, lists

urlpatterns = [
    path("", lists.work_list, name="work_list"),
    path("search/", lists.search, name="work_search"),
    path("bulk/", bulk.bulk, name="work_bulk"),
    path("export/", export.work_export, name="work_export"),
    path("bulk/<int:pk>/", bulk.bulk_result, name="work_bulk_result"),
    path("bulk/<int:pk>/undo/", bulk.bulk_undo, name="work_bulk_undo"),
    path("calendar/", calendar.calendar, name="work_calendar"),
    path("calendar/feed/", calendar.feed_page, name="work_calendar_feed"),
    path("categories/", categories.categories, name="work_categories"),
    path("enter/", entry.enter, name="work_enter"),
    path("enter/done/", entry.entered, name="work_entered"),
    path("matters/<str:number>/", detail.work_detail, name="work_matter"),
    path("matters/<str:number>/contact/", detail.show_contact, name="work_contact"),
    path("matters/<str:number>/letter/", detail.letter, name="work_letter"),
    path("matters/<str:number>/letter.<str:extension>", detail.letter_file, name="work_letter_file"),
    path("matters/<str:number>/do/<slug:name>/", doing.do_transition, name="work_do"),
    path("matters/<str:number>/comments/<int:pk>/remove/", detail.remove_comment, name="work_remove_comment"),
]
