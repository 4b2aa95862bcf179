/* Slots and tokens. */
#ifdef KM_PKCS11
#include <stdlib.h>
#include <string.h>

#include "internal.h"

km_rv km_p11_slots(const km_p11 *module, km_number *slots, size_t capacity, size_t *count) {
    *count = 0;
    CK_ULONG number = capacity;
    km_rv rv = KM_P11_CALL(module, C_GetSlotList, CK_TRUE, slots, &number);
    if (rv == CKR_OK || rv == CKR_BUFFER_TOO_SMALL) *count = number;
    return slots != NULL || rv != CKR_BUFFER_TOO_SMALL ? rv : CKR_OK;
}

/* Copies a field that is padded with blanks. */
static void copy_field(const unsigned char *field, size_t size, char *text) {
    while (size > 0 && (field[size - 1] == ' ' || field[size - 1] == '\0')) size--;
    memcpy(text, field, size);
    text[size] = '\0';
}

km_rv km_p11_token_info(const km_p11 *module, km_number slot, km_p11_token *token) {
    CK_TOKEN_INFO info;
    memset(&info, 0, sizeof info);
    memset(token, 0, sizeof *token);
    const km_rv rv = KM_P11_CALL(module, C_GetTokenInfo, slot, &info);
    if (rv != CKR_OK) return rv;
    copy_field(info.label, sizeof info.label, token->label);
    copy_field(info.manufacturerID, sizeof info.manufacturerID, token->manufacturer);
    copy_field(info.model, sizeof info.model, token->model);
    copy_field(info.serialNumber, sizeof info.serialNumber, token->serial);
    token->flags = info.flags;
    token->maximum_sessions = info.ulMaxSessionCount;
    token->sessions = info.ulSessionCount;
    return CKR_OK;
}

km_rv km_p11_mechanism(const km_p11 *module, km_number slot, km_number mechanism, km_number *flags) {
    CK_MECHANISM_INFO info;
    memset(&info, 0, sizeof info);
    const km_rv rv = KM_P11_CALL(module, C_GetMechanismInfo, slot, mechanism, &info);
    *flags = rv == CKR_OK ? info.flags : 0;
    return rv;
}

km_rv km_p11_init_token(const km_p11 *module, km_number slot, const uint8_t *pin, size_t size, const char *label) {
    unsigned char padded[32];
    const size_t length = strlen(label);
    if (length > sizeof padded) return CKR_ARGUMENTS_BAD;
    memset(padded, ' ', sizeof padded);
    memcpy(padded, label, length);
    return KM_P11_CALL(module, C_InitToken, slot, (CK_UTF8CHAR_PTR)(uintptr_t)pin, size, padded);
}
#endif
