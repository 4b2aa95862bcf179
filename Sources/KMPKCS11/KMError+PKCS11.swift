#if PKCS11
internal import CKMPKCS11
public import KMPrimitives

extension KMError.Code {
    /// A PKCS#11 module cannot be used: its file is no module, or it crashes, hangs or fails when it starts.
    public static let hsmModuleUnusable = Self("hsmModuleUnusable")
    /// A text is not a PKCS#11 URI (RFC 7512) that the package accepts.
    public static let hsmURIInvalid = Self("hsmURIInvalid")
    /// No token matches the URI, or several do.
    public static let hsmTokenNotFound = Self("hsmTokenNotFound")
    /// The HSM does not answer, is removed, has no free session or reports a failure.
    public static let hsmUnavailable = Self("hsmUnavailable")
    /// The token requires a PIN and none was given.
    public static let hsmPINMissing = Self("hsmPINMissing")
    /// The token rejected the PIN; this process does not try that PIN again, unless it is entered on a keypad.
    public static let hsmPINRejected = Self("hsmPINRejected")
    /// The token has locked the PIN, would lock it after one more wrong one, or has none yet.
    public static let hsmPINLocked = Self("hsmPINLocked")
    /// No key of the token matches the URI.
    public static let hsmKeyNotFound = Self("hsmKeyNotFound")
    /// Several keys of the token match the URI.
    public static let hsmKeyAmbiguous = Self("hsmKeyAmbiguous")
    /// The key or the token does not allow the operation.
    public static let hsmKeyUnsuitable = Self("hsmKeyUnsuitable")
}

/// A function of a PKCS#11 module that failed.
struct PKCS11Failure: Error {
    /// The name of the function, such as `C_Decrypt`.
    let function: String
    let rv: UInt

    /// Throws if `rv` is not `CKR_OK`.
    static func check(_ rv: UInt, _ function: String) throws(PKCS11Failure) {
        guard rv == KM_CKR_OK else { throw PKCS11Failure(function: function, rv: rv) }
    }

    /// The name of the result, such as `CKR_DEVICE_REMOVED`.
    static func name(_ rv: UInt) -> String {
        guard let name = unsafe km_p11_rv_name(rv) else { return "CKR 0x\(String(rv, radix: 16))" }
        return unsafe String(cString: name)
    }

    /// Whether a new session, with a new login and a new search for the key, can help.
    ///
    /// A failed login is never repeated: a token may count it as a wrong PIN, whatever the result.
    var isCuredByNewSession: Bool {
        function != "C_Login"
            && [
                KM_CKR_SESSION_HANDLE_INVALID, KM_CKR_SESSION_CLOSED, KM_CKR_DEVICE_REMOVED, KM_CKR_TOKEN_NOT_PRESENT,
                KM_CKR_USER_NOT_LOGGED_IN, KM_CKR_OBJECT_HANDLE_INVALID, KM_CKR_KEY_HANDLE_INVALID,
                KM_CKR_SLOT_ID_INVALID,
                KM_CKR_DEVICE_ERROR, KM_CKR_GENERAL_ERROR, KM_CKR_FUNCTION_FAILED, KM_CKR_OPERATION_ACTIVE,
                KM_CKR_OPERATION_NOT_INITIALIZED, KM_CKR_TOKEN_NOT_RECOGNIZED,
            ].contains(rv)
    }

    /// What to do about the result.
    private var advice: String {
        switch rv {
        case KM_CKR_SESSION_COUNT:
            "the token has no free session; close other programs' sessions, or lower maximumSessionCount"
        case KM_CKR_DEVICE_REMOVED, KM_CKR_TOKEN_NOT_PRESENT, KM_CKR_TOKEN_NOT_RECOGNIZED, KM_CKR_SLOT_ID_INVALID:
            "the token was removed; insert it again, or start its service"
        case KM_CKR_CRYPTOKI_NOT_INITIALIZED:
            "the module was finalized; load it again"
        case KM_CKR_USER_NOT_LOGGED_IN:
            "the login was lost; check whether another part of this process logs out"
        case KM_CKR_SESSION_HANDLE_INVALID, KM_CKR_SESSION_CLOSED:
            "the session was closed; check whether another part of this process closes all sessions"
        case KM_CKR_MECHANISM_INVALID:
            "the token does not have the mechanism, or its policy forbids it; check the HSM's policy and firmware"
        case KM_CKR_FUNCTION_NOT_SUPPORTED:
            "the module does not have the function; install a newer version of the module"
        case KM_CKR_HOST_MEMORY:
            "this machine has no memory left; stop other programs, or add memory"
        case KM_CKR_DEVICE_MEMORY:
            "the token has no memory left; delete keys that are not needed, or close other programs' sessions"
        default:
            "look up the result in the manual and the log of the HSM"
        }
    }

    /// The error that users of the package see.
    var error: KMError { KMError(.hsmUnavailable, "\(function): \(Self.name(rv)); \(advice)") }
}

/// Calls `body` and turns a ``PKCS11Failure`` into a ``KMError``.
func translatingFailures<Result>(_ body: () throws -> Result) throws -> Result {
    do {
        return try body()
    } catch let failure as PKCS11Failure {
        throw failure.error
    }
}
#endif
