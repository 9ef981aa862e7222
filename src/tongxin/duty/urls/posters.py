"""Addresses of the posters part of duty."""

from django.urls import path

from tongxin.duty.views import posters

urlpatterns = [
    path("stations/<slug:code>/poster.pdf", posters.station_poster_pdf, name="station_poster_pdf"),
    path("work/posters/", posters.work_posters, name="work_posters"),
    path("work/posters/<int:pk>/", posters.work_posters_batch, name="work_posters_batch"),
    path("work/posters/<int:pk>/again/", posters.work_posters_again, name="work_posters_again"),
    path("work/posters/<int:pk>/posters.pdf", posters.work_posters_file, name="work_posters_file"),
]
