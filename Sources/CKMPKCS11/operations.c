/* Decrypts and signs with keys in a token. */
#ifdef KM_PKCS11
#include "internal.h"

km_rv km_p11_decrypt(const km_p11 *module, km_number session, km_number key, km_p11_scheme scheme, const uint8_t *in,
                     size_t size, uint8_t *out, size_t capacity, size_t *out_size, bool *started) {
    const bool is_sha1 = scheme == KM_P11_RSA_OAEP_SHA1;
    CK_RSA_PKCS_OAEP_PARAMS oaep = {is_sha1 ? CKM_SHA_1 : CKM_SHA256, is_sha1 ? CKG_MGF1_SHA1 : CKG_MGF1_SHA256,
                                    CKZ_DATA_SPECIFIED, NULL, 0};
    CK_MECHANISM mechanism = {CKM_RSA_PKCS_OAEP, &oaep, sizeof oaep};
    if (scheme == KM_P11_RSA_RAW) mechanism = (CK_MECHANISM){CKM_RSA_X_509, NULL, 0};
    *out_size = 0;
    *started = false;
    km_rv rv = KM_P11_CALL(module, C_DecryptInit, session, &mechanism, key);
    if (rv != CKR_OK) return rv;
    *started = true;
    CK_ULONG length = capacity;
    rv = KM_P11_CALL(module, C_Decrypt, session, (CK_BYTE_PTR)(uintptr_t)in, size, out, &length);
    if (rv == CKR_OK && length > capacity) rv = CKR_DEVICE_ERROR;
    if (rv != CKR_OK) {
        km_p11_erase(out, capacity);
        return rv;
    }
    *out_size = length;
    return CKR_OK;
}

km_rv km_p11_sign(const km_p11 *module, km_number session, km_number key, km_number mechanism, const uint8_t *in,
                  size_t size, uint8_t *out, size_t capacity, size_t *out_size) {
    static const uint8_t nothing[1] = {0};
    CK_MECHANISM parameterless = {mechanism, NULL, 0};
    *out_size = 0;
    km_rv rv = KM_P11_CALL(module, C_SignInit, session, &parameterless, key);
    if (rv != CKR_OK) return rv;
    CK_ULONG length = capacity;
    rv = KM_P11_CALL(module, C_Sign, session, (CK_BYTE_PTR)(uintptr_t)(size > 0 ? in : nothing), size, out, &length);
    if (rv == CKR_OK && length > capacity) rv = CKR_DEVICE_ERROR;
    if (rv != CKR_OK) {
        km_p11_erase(out, capacity);
        return rv;
    }
    *out_size = length;
    return CKR_OK;
}
#endif
