/* Creates self-signed certificates. */
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include "internal.h"

#define SERIAL_SIZE 16

static bool add_extension(X509 *x509, int nid, const char *value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, x509, x509, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    const bool done = extension != NULL && X509_add_ext(x509, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return done;
}

static bool set_serial(X509 *x509) {
    uint8_t bytes[SERIAL_SIZE];
    if (RAND_bytes(bytes, SERIAL_SIZE) != 1) return false;
    bytes[0] = (uint8_t)((bytes[0] & 0x3f) | 0x40); /* positive, and always the same length */
    BIGNUM *number = BN_bin2bn(bytes, SERIAL_SIZE, NULL);
    const bool done = number != NULL && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x509)) != NULL;
    BN_free(number);
    return done;
}

static bool set_name(X509 *x509, const char *common_name) {
    X509_NAME *name = X509_NAME_new();
    const bool done = name != NULL
        && X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const uint8_t *)common_name, -1, -1, 0) == 1
        && X509_set_subject_name(x509, name) == 1 && X509_set_issuer_name(x509, name) == 1;
    X509_NAME_free(name);
    return done;
}

km_result km_certificate_self_sign(const km_rsa *pair, const char *common_name, int64_t not_before, int64_t not_after,
                                   km_certificate **certificate, char *reason) {
    *certificate = NULL;
    reason[0] = '\0';
    if (!pair->is_private) return KM_MISUSED;
    km_clear();
    X509 *x509 = X509_new();
    const EVP_MD *md = km_md(KM_SHA256);
    const bool done = x509 != NULL && md != NULL
        && X509_set_version(x509, X509_VERSION_3) == 1
        && set_serial(x509) && set_name(x509, common_name)
        && ASN1_TIME_set(X509_getm_notBefore(x509), (time_t)not_before) != NULL
        && ASN1_TIME_set(X509_getm_notAfter(x509), (time_t)not_after) != NULL
        && X509_set_pubkey(x509, pair->pkey) == 1
        && add_extension(x509, NID_basic_constraints, "critical,CA:FALSE")
        && add_extension(x509, NID_key_usage, "critical,keyEncipherment")
        && add_extension(x509, NID_subject_key_identifier, "hash")
        && X509_sign(x509, pair->pkey, md) > 0;
    if (done) *certificate = km_certificate_adopt(x509);
    else X509_free(x509);
    (void)km_clear_with_reason(reason); /* the result is KM_FAILED whether or not memory was short */
    return *certificate != NULL ? KM_OK : KM_FAILED;
}
