"""Addresses of sign-in, the demo and the administrators.

Of django-allauth only what is used is mapped, under the names the library reverses to; its pages for sign-up, mail
and password reset by mail do not exist.
"""

from allauth.account.views import LoginView, LogoutView, PasswordChangeView, ReauthenticateView
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as recovery
from allauth.mfa.totp import views as totp
from django.urls import path

from tongxin.accounts.views import audit, calendar, demo, people, sign_in, system

urlpatterns = [
    path("accounts/login/", LoginView.as_view(template_name="accounts/login.html"), name="account_login"),
    path("accounts/logout/", LogoutView.as_view(template_name="accounts/logout.html"), name="account_logout"),
    path("accounts/inactive/", sign_in.inactive, name="account_inactive"),
    path(
        "accounts/password/change/",
        PasswordChangeView.as_view(template_name="accounts/password_change.html"),
        name="account_change_password",
    ),
    path("accounts/password/set/", sign_in.no_password, name="account_set_password"),
    path(
        "accounts/reauthenticate/",
        ReauthenticateView.as_view(template_name="accounts/reauthenticate.html"),
        name="account_reauthenticate",
    ),
    path("accounts/welcome/<str:token>/", sign_in.welcome, name="account_welcome"),
    path(
        "accounts/second-factor/",
        mfa.IndexView.as_view(template_name="accounts/second_factor.html"),
        name="mfa_index",
    ),
    path(
        "accounts/second-factor/code/",
        mfa.AuthenticateView.as_view(template_name="accounts/second_factor_code.html"),
        name="mfa_authenticate",
    ),
    path(
        "accounts/second-factor/confirm/",
        mfa.ReauthenticateView.as_view(template_name="accounts/reauthenticate.html"),
        name="mfa_reauthenticate",
    ),
    path(
        "accounts/second-factor/set-up/",
        totp.ActivateTOTPView.as_view(template_name="accounts/second_factor_set_up.html"),
        name="mfa_activate_totp",
    ),
    path(
        "accounts/second-factor/remove/",
        totp.DeactivateTOTPView.as_view(template_name="accounts/second_factor_remove.html"),
        name="mfa_deactivate_totp",
    ),
    path(
        "accounts/recovery-codes/",
        recovery.ViewRecoveryCodesView.as_view(template_name="accounts/recovery_codes.html"),
        name="mfa_view_recovery_codes",
    ),
    path(
        "accounts/recovery-codes/new/",
        recovery.GenerateRecoveryCodesView.as_view(template_name="accounts/recovery_codes_new.html"),
        name="mfa_generate_recovery_codes",
    ),
    path(
        "accounts/recovery-codes/file/",
        recovery.DownloadRecoveryCodesView.as_view(template_name="accounts/recovery_codes.txt"),
        name="mfa_download_recovery_codes",
    ),
    path("demo/", demo.demo, name="demo"),
    path("demo/step-into/", demo.step_into, name="demo_step_into"),
    path("work/people/", people.people, name="people"),
    path("work/people/new/", people.new_person, name="new_person"),
    path("work/people/<int:user_id>/", people.person, name="person"),
    path("work/people/<int:user_id>/grant/", people.grant, name="person_grant"),
    path("work/people/<int:user_id>/roles/<int:assignment_id>/end/", people.end, name="person_end_role"),
    path("work/people/<int:user_id>/disable/", people.disable, name="person_disable"),
    path("work/people/<int:user_id>/enable/", people.enable, name="person_enable"),
    path("work/people/<int:user_id>/renew/", people.renew, name="person_renew"),
    path("work/audit/", audit.audit, name="audit"),
    path("work/audit/export.csv", audit.export, name="audit_export"),
    path("work/system/", system.system, name="system"),
    path("work/system/verify/", system.verify, name="system_verify"),
    path("work/calendar-days/", calendar.calendar_days, name="calendar_days"),
    path("work/calendar-days/add/", calendar.add_day, name="calendar_add_day"),
    path("work/calendar-days/check/", calendar.check_days, name="calendar_check"),
    path("work/calendar-days/apply/", calendar.apply_days, name="calendar_apply"),
    path("work/calendar-days/<int:day_id>/remove/", calendar.remove_day, name="calendar_remove_day"),
]
