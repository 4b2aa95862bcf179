/* Reads private keys in PKCS#8, plain and encrypted. OpenSSL decrypts, and der.c reads the key. */
#include "internal.h"

km_result km_load_key_info(km_load *load, const PKCS8_PRIV_KEY_INFO *info) {
    const ASN1_OBJECT *algorithm = NULL;
    const uint8_t *der = NULL;
    int size = 0;
    if (PKCS8_pkey_get0(&algorithm, &der, &size, NULL, info) != 1 || size < 0) return km_failure(KM_MALFORMED, load->reason);
    if (OBJ_obj2nid(algorithm) != NID_rsaEncryption) return km_failure(KM_NOT_RSA, load->reason);
    return km_load_pkcs1(load, der, (size_t)size);
}

km_result km_load_encrypted_key_info(km_load *load, const X509_SIG *encrypted) {
    const X509_ALGOR *algorithm = NULL;
    X509_SIG_get0(encrypted, &algorithm, NULL);
    if (!km_afford_algorithm(&load->rounds, algorithm)) return KM_TOO_COSTLY;
    if (load->passphrase == NULL) return KM_PASSPHRASE_MISSING;
    km_clear();
    PKCS8_PRIV_KEY_INFO *info = PKCS8_decrypt(encrypted, load->passphrase, load->passphrase_size);
    if (info == NULL) return km_decryption_failure();
    const km_result result = km_load_key_info(load, info);
    PKCS8_PRIV_KEY_INFO_free(info);
    return result;
}

km_result km_load_pkcs8(km_load *load, const uint8_t *der, size_t size) {
    const uint8_t *at = der;
    PKCS8_PRIV_KEY_INFO *info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &at, (long)size);
    if (info == NULL) return km_failure(KM_MALFORMED, load->reason);
    const km_result result = at == der + size ? km_load_key_info(load, info) : KM_MALFORMED;
    PKCS8_PRIV_KEY_INFO_free(info);
    return result;
}

km_result km_load_encrypted_pkcs8(km_load *load, const uint8_t *der, size_t size) {
    const uint8_t *at = der;
    X509_SIG *encrypted = d2i_X509_SIG(NULL, &at, (long)size);
    if (encrypted == NULL) return km_failure(KM_MALFORMED, load->reason);
    const km_result result = at == der + size ? km_load_encrypted_key_info(load, encrypted) : KM_MALFORMED;
    X509_SIG_free(encrypted);
    return result;
}
