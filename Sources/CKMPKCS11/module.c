/* Loads modules. */
#ifdef KM_PKCS11
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

km_rv km_p11_load(const char *path, km_p11 **module, char *reason) {
    *module = NULL;
    reason[0] = '\0';
    km_p11 *made = calloc(1, sizeof *made);
    if (made == NULL) return CKR_HOST_MEMORY;
    made->library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (made->library == NULL) {
        const char *text = dlerror();
        snprintf(reason, KM_P11_REASON_CAPACITY, "%s", text == NULL ? "the loader gave no reason" : text);
        free(made);
        return KM_RV_NOT_LOADED;
    }
    CK_C_GetFunctionList list = NULL;
    *(void **)&list = dlsym(made->library, "C_GetFunctionList");
    const km_rv rv = list == NULL ? (km_rv)KM_RV_NOT_A_MODULE : list(&made->functions);
    /* The lists of all 2.x versions begin with the functions that this shim calls. */
    if (rv == CKR_OK && made->functions != NULL && made->functions->version.major == 2) {
        *module = made;
        return CKR_OK;
    }
    km_p11_unload(made);
    return rv == CKR_OK ? (km_rv)KM_RV_NOT_A_MODULE : rv;
}

void km_p11_unload(km_p11 *module) {
    if (module == NULL) return;
    (void)dlclose(module->library); /* a library that cannot be closed stays loaded, which is harmless */
    free(module);
}

km_rv km_p11_initialize(const km_p11 *module, const char *parameters) {
    /* NSS has a field more than the standard: its parameters are where the standard has the reserved field, and the
     * reserved field follows. */
    struct {
        CK_C_INITIALIZE_ARGS standard;
        void *reserved_after_parameters;
    } arguments = {{NULL, NULL, NULL, NULL, CKF_OS_LOCKING_OK, (void *)(uintptr_t)parameters}, NULL};
    return KM_P11_CALL(module, C_Initialize, &arguments);
}

km_rv km_p11_finalize(const km_p11 *module) { return KM_P11_CALL(module, C_Finalize, NULL); }

km_rv km_p11_check(const km_p11 *module) {
    CK_INFO info;
    memset(&info, 0, sizeof info);
    return KM_P11_CALL(module, C_GetInfo, &info);
}

int64_t km_p11_process(void) { return (int64_t)getpid(); }
#endif
