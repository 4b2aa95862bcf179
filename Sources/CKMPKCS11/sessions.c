/* Sessions and logins. */
#ifdef KM_PKCS11
#include <string.h>

#include "internal.h"

km_rv km_p11_open(const km_p11 *module, km_number slot, bool writes, km_number *session) {
    const CK_FLAGS flags = CKF_SERIAL_SESSION | (writes ? CKF_RW_SESSION : 0);
    CK_SESSION_HANDLE opened = 0;
    const km_rv rv = KM_P11_CALL(module, C_OpenSession, slot, flags, NULL, NULL, &opened);
    *session = rv == CKR_OK ? opened : 0;
    return rv;
}

km_rv km_p11_close(const km_p11 *module, km_number session) { return KM_P11_CALL(module, C_CloseSession, session); }

km_rv km_p11_close_all(const km_p11 *module, km_number slot) { return KM_P11_CALL(module, C_CloseAllSessions, slot); }

km_rv km_p11_session_info(const km_p11 *module, km_number session, bool *is_logged_in, km_number *device_error) {
    CK_SESSION_INFO info;
    memset(&info, 0, sizeof info);
    const km_rv rv = KM_P11_CALL(module, C_GetSessionInfo, session, &info);
    *is_logged_in = rv == CKR_OK && (info.state == CKS_RO_USER_FUNCTIONS || info.state == CKS_RW_USER_FUNCTIONS);
    *device_error = rv == CKR_OK ? info.ulDeviceError : 0;
    return rv;
}

km_rv km_p11_login(const km_p11 *module, km_number session, km_p11_role role, const uint8_t *pin, size_t size) {
    const CK_USER_TYPE user = role == KM_P11_SECURITY_OFFICER ? CKU_SO : CKU_USER;
    return KM_P11_CALL(module, C_Login, session, user, (CK_UTF8CHAR_PTR)(uintptr_t)pin, size);
}

km_rv km_p11_logout(const km_p11 *module, km_number session) { return KM_P11_CALL(module, C_Logout, session); }

km_rv km_p11_init_pin(const km_p11 *module, km_number session, const uint8_t *pin, size_t size) {
    return KM_P11_CALL(module, C_InitPIN, session, (CK_UTF8CHAR_PTR)(uintptr_t)pin, size);
}
#endif
