/* Reads private keys in PKCS#1, also as PEM blocks that are encrypted as their header says (RFC 1421). */
#include <string.h>

#include <openssl/pem.h>

#include "internal.h"

km_result km_load_pkcs1(km_load *load, const uint8_t *der, size_t size) {
    km_bytes integers[KM_COMPONENTS];
    const km_result result = km_read_pkcs1_private(der, size, integers, load->reason);
    return result == KM_OK ? km_load_components(load, integers, KM_COMPONENTS) : result;
}

static int give_passphrase(char *buffer, int capacity, int writing, void *context) {
    const km_load *load = context;
    (void)writing;
    if (load->passphrase == NULL || load->passphrase_size > capacity) return -1;
    if (load->passphrase_size > 0) memcpy(buffer, load->passphrase, (size_t)load->passphrase_size);
    return load->passphrase_size;
}

/* The key derivation is one round of MD5, so that there is no cost to limit. */
km_result km_load_pkcs1_block(km_load *load, km_block *block) {
    EVP_CIPHER_INFO cipher;
    km_clear();
    if (PEM_get_EVP_CIPHER_INFO(block->header, &cipher) != 1) {
        const bool is_unsupported = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_UNSUPPORTED_ENCRYPTION;
        return km_failure(is_unsupported ? KM_UNSUPPORTED_ENCRYPTION : KM_MALFORMED, load->reason);
    }
    if (cipher.cipher != NULL && load->passphrase == NULL) return KM_PASSPHRASE_MISSING;
    if (PEM_do_header(&cipher, block->data, &block->size, give_passphrase, load) != 1) return km_decryption_failure();
    const km_result result = km_load_pkcs1(load, block->data, (size_t)block->size);
    /* With a wrong passphrase, the padding is valid about once in 256 times. */
    return result == KM_MALFORMED && cipher.cipher != NULL ? KM_PASSPHRASE_WRONG : result;
}
