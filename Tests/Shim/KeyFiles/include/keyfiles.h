/* Key files of every form, put together from choices: sound ones, and ones that are wrong in their algorithm, version,
 * number of primes, integers, lengths or label. The same choices give the same file. */
#ifndef KEYFILES_H
#define KEYFILES_H

#include <stddef.h>
#include <stdint.h>

/* A little more than what the package looks at. */
#define KEYFILES_CAPACITY 70000

typedef enum keyfiles_form {
    KEYFILES_PKCS1 = 0,
    KEYFILES_PKCS8,
    KEYFILES_ENCRYPTED_PKCS8, /* what is encrypted is noise: nothing decrypts it */
    KEYFILES_PKCS12,
    KEYFILES_SPKI,
    KEYFILES_PKCS1_PUBLIC,
    KEYFILES_CERTIFICATE,
    KEYFILES_JWK,
    KEYFILES_FORMS
} keyfiles_form;

/* Builds a file in `out`, which has room for KEYFILES_CAPACITY bytes, and returns its size. `pkcs1` is a sound RSAPrivateKey
 * in DER, whose integers are those of the key unless a choice changes them. Where the choices run out they are 0, and 0 means
 * sound. `form` is that of the file. */
size_t keyfiles_build(const uint8_t *choices, size_t count, const uint8_t *pkcs1, size_t pkcs1_size, uint8_t *out,
                      keyfiles_form *form);

#endif
