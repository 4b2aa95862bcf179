/* Reads the blocks of PEM texts, and tells PEM from DER. */
#include <openssl/pem.h>

#include "internal.h"

#define FLAGS (PEM_FLAG_SECURE | PEM_FLAG_EAY_COMPATIBLE)

bool km_is_der(const uint8_t *bytes, size_t size) {
    return size >= 2 && bytes[0] == 0x30 && (bytes[1] >= 0x80 || size == (size_t)bytes[1] + 2);
}

km_result km_load_pem(km_load *load, const uint8_t *text, size_t size, km_block_function read) {
    BIO *bio = BIO_new_mem_buf(text, (int)size);
    if (bio == NULL) return KM_FAILED;
    km_result result = KM_MALFORMED;
    for (bool is_settled = false; !is_settled;) {
        char *name = NULL;
        km_block block = {NULL, NULL, NULL, 0};
        if (PEM_read_bio_ex(bio, &name, &block.header, &block.data, &block.size, FLAGS) != 1) {
            result = km_failure(result, load->reason);
            break;
        }
        const size_t allocated = (size_t)block.size; /* a decryption in place shortens the block */
        block.name = name;
        is_settled = read(load, &block, &result);
        OPENSSL_secure_free(name);
        OPENSSL_secure_free(block.header);
        OPENSSL_secure_clear_free(block.data, allocated);
    }
    BIO_vfree(bio);
    return result;
}
