#if PKCS11
import Foundation

/// PKCS#11 modules with one fault each, which the tests compile.
enum FaultyModule {
    /// Compiles a module that can only be initialized.
    ///
    /// - Parameter initialize: The body of `C_Initialize`, or nil for a library that is no module.
    /// - Returns: The path of the module.
    /// - Throws: If the module cannot be compiled.
    static func compile(_ initialize: String?) throws -> String {
        guard let initialize else { return try compile(source: "int nothing;") }
        return try compile(
            source: """
                #include <fcntl.h>
                #include <stdlib.h>
                #include <unistd.h>
                #include <p11-kit/pkcs11.h>
                static int ready;
                static CK_RV initialize(void *arguments) { (void)arguments; ready = 1; \(initialize) }
                static CK_RV finalize(void *reserved) { (void)reserved; ready = 0; return 0; }
                static CK_RV info(CK_INFO *info) { (void)info; return ready ? 0 : CKR_CRYPTOKI_NOT_INITIALIZED; }
                static CK_FUNCTION_LIST list;
                CK_RV C_GetFunctionList(CK_FUNCTION_LIST **out) {
                    list.version.major = 2; list.version.minor = 40;
                    list.C_Initialize = initialize; list.C_Finalize = finalize; list.C_GetInfo = info;
                    *out = &list;
                    return 0;
                }
                """
        )
    }

    /// Compiles a module with one token, which reports the number of logins as that of its sessions.
    ///
    /// - Parameters:
    ///   - login: The body of `C_Login`, which can use the number of logins, `n`.
    ///   - flags: The flags of the token besides `CKF_LOGIN_REQUIRED`.
    /// - Returns: The path of the module.
    /// - Throws: If the module cannot be compiled.
    static func compile(login: String, flags: String = "0") throws -> String {
        try compile(
            source: """
                #include <string.h>
                #include <p11-kit/pkcs11.h>
                static unsigned long n;
                static int done;
                static CK_RV initialize(void *arguments) { (void)arguments; return 0; }
                static CK_RV finalize(void *reserved) { (void)reserved; return 0; }
                static CK_RV slots(CK_BBOOL present, CK_SLOT_ID *slots, CK_ULONG *count) {
                    (void)present;
                    if (slots != NULL) slots[0] = 1;
                    *count = 1;
                    return 0;
                }
                static CK_RV slot(CK_SLOT_ID id, CK_SLOT_INFO *info) {
                    (void)id;
                    memset(info, ' ', sizeof *info);
                    return 0;
                }
                static CK_RV info(CK_INFO *info) { memset(info, ' ', sizeof *info); return 0; }
                static CK_RV token(CK_SLOT_ID slot, CK_TOKEN_INFO *info) {
                    (void)slot;
                    memset(info, ' ', sizeof *info);
                    memcpy(info->label, "faulty", 6);
                    info->flags = CKF_LOGIN_REQUIRED | CKF_TOKEN_INITIALIZED | CKF_USER_PIN_INITIALIZED | (\(flags));
                    info->ulMaxSessionCount = 0;
                    info->ulSessionCount = n;
                    return 0;
                }
                static CK_RV open(CK_SLOT_ID slot, CK_FLAGS flags, void *data, CK_NOTIFY notify, CK_SESSION_HANDLE *session) {
                    (void)slot; (void)flags; (void)data; (void)notify;
                    *session = 1;
                    return 0;
                }
                static CK_RV close(CK_SESSION_HANDLE session) { (void)session; return 0; }
                static CK_RV session(CK_SESSION_HANDLE session, CK_SESSION_INFO *info) {
                    (void)session;
                    memset(info, 0, sizeof *info);
                    info->state = done ? CKS_RO_USER_FUNCTIONS : CKS_RO_PUBLIC_SESSION;
                    return 0;
                }
                static CK_RV result(void) { \(login) }
                static CK_RV login(CK_SESSION_HANDLE session, CK_USER_TYPE user, unsigned char *pin, CK_ULONG size) {
                    (void)session; (void)user; (void)pin; (void)size;
                    n++;
                    const CK_RV rv = result();
                    done = rv == 0;
                    return rv;
                }
                static CK_FUNCTION_LIST list;
                CK_RV C_GetFunctionList(CK_FUNCTION_LIST **out) {
                    list.version.major = 2; list.version.minor = 40;
                    list.C_Initialize = initialize; list.C_Finalize = finalize; list.C_GetInfo = info;
                    list.C_GetSlotList = slots; list.C_GetSlotInfo = slot; list.C_GetTokenInfo = token;
                    list.C_OpenSession = open; list.C_CloseSession = close; list.C_GetSessionInfo = session;
                    list.C_Login = login;
                    *out = &list;
                    return 0;
                }
                """
        )
    }

    private static func compile(source text: String) throws -> String {
        let folder = URL(filePath: "\(TestTokens.folder)/faulty-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let source = folder.appendingPathComponent("module.c")
        let library = folder.appendingPathComponent("module.so")
        try text.write(to: source, atomically: true, encoding: .utf8)
        let compiler = Process()
        compiler.executableURL = URL(fileURLWithPath: "/bin/sh")
        compiler.arguments = [
            "-c", "cc -shared -fPIC $(pkg-config --cflags p11-kit-1) -o '\(library.path)' '\(source.path)'",
        ]
        try compiler.run()
        compiler.waitUntilExit()
        guard compiler.terminationStatus == 0 else { throw TestTokens.Failure(description: "cc failed") }
        return library.path
    }
}
#endif
