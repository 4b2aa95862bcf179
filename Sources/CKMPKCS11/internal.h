/* Declarations that only the files of the shim share. Each of those files is empty without KM_PKCS11, which Package.swift
 * defines when the trait PKCS11 is on: without it, no PKCS#11 header has to be installed. */
#ifndef CKMPKCS11_INTERNAL_H
#define CKMPKCS11_INTERNAL_H

#if defined(__has_include)
#if !__has_include(<p11-kit/pkcs11.h>)
#error "p11-kit's headers are missing. Install them: apt-get install libp11-kit-dev (Debian, Ubuntu), dnf install p11-kit-devel (Fedora), brew install p11-kit (macOS)."
#endif
#endif

#include <p11-kit/pkcs11.h>
#include <p11-kit/uri.h>

#include "CKMPKCS11.h"

struct km_p11 {
    void *library;
    CK_FUNCTION_LIST *functions;
};

struct km_p11_template {
    CK_ATTRIBUTE *attributes;
    size_t count, capacity;
};

struct km_p11_uri {
    P11KitUri *uri;
};

/* Calls a function of the module, if the module has it. */
#define KM_P11_CALL(module, name, ...) \
    ((module)->functions->name == NULL ? (km_rv)CKR_FUNCTION_NOT_SUPPORTED : (module)->functions->name(__VA_ARGS__))

/* memory.c: overwrites memory with zeros in a way that the compiler does not optimize away. */
void km_p11_erase(void *memory, size_t size);
/* Allocates a copy. KM_CKR_HOST_MEMORY if memory ran out. */
km_rv km_p11_copy(const void *bytes, size_t size, km_p11_buffer *buffer);

#endif
