"""Addresses of messages."""

from django.urls import path

from tongxin.notices.views import backlog, demo, follow, inbox, preferences, wechat

urlpatterns = [
    path("work/inbox/", inbox.inbox, name="inbox"),
    path("work/inbox/mark/", inbox.mark, name="inbox_mark"),
    path("work/inbox/<int:pk>/", inbox.open_notice, name="inbox_open"),
    path("notices/", preferences.preferences, name="notice_preferences"),
    path("notices/addresses/<str:channel>/", preferences.new_address, name="notice_address"),
    path("notices/addresses/<str:channel>/remove/", preferences.remove_address, name="notice_address_remove"),
    path("notices/wechat/", wechat.wechat, name="notice_wechat"),
    path("notices/wechat/return/", wechat.wechat_return, name="notice_wechat_return"),
    path("follow/<str:word>/<str:ref>/", follow.follow, name="follow"),
    path("following/", follow.following_list, name="following"),
    path("following/<int:pk>/end/", follow.unfollow, name="unfollow"),
    path("unsubscribe/<str:token>/", follow.unsubscribe, name="unsubscribe"),
    path("q/<str:code>/", follow.unsubscribe_short, name="unsubscribe_short"),
    path("demo/messages/", demo.messages, name="demo_messages"),
    path("work/messages/", backlog.tended_messages, name="tended_messages"),
    path("work/messages/tend/", backlog.tend_messages, name="tend_messages"),
    path("work/messages/providers/ask-again/", backlog.ask_again, name="ask_provider_again"),
]
