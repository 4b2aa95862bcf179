#if PKCS11
internal import CKMPKCS11
internal import Foundation
internal import KMPrimitives
internal import KMSecurity
internal import Synchronization

/// Logs in to a token, and never tries a PIN again with which a login failed.
///
/// A token locks its PIN after a few wrong tries. Without this memory, a server with a wrong PIN in its configuration
/// would lock the token by itself, since each session and each retry would try the PIN once more. Some tokens report a
/// wrong PIN as a general error, so other failures of a login are remembered as well.
///
/// `@unchecked Sendable`: the memory is accessed only under `lock`.
final class LoginGuard: @unchecked Sendable {
    /// Lets one thread at a time log in, so that several sessions do not try the same wrong PIN.
    private let lock = NSLock()
    private var rejected: [(digest: HMACSHA256.MAC, rv: UInt)] = []
    /// A key of this process, so that its memory has no plain hash of a PIN.
    private let digestKey: HMACSHA256

    private struct Key: Hashable {
        let path: String
        let token: TokenInfo.Identity
    }

    private static let guards = Mutex<[Key: LoginGuard]>([:])

    private init() throws { digestKey = try HMACSHA256(key: SecretBytes(randomCount: 32)) }

    /// The guard of a token, which all connections of this process to the token share.
    static func of(_ module: ModuleHandle, _ token: TokenInfo.Identity) throws -> LoginGuard {
        try guards.withLock { guards in
            let key = Key(path: module.path, token: token)
            if let known = guards[key] { return known }
            let made = try LoginGuard()
            guards[key] = made
            return made
        }
    }

    /// The options of a login.
    struct Options: Sendable {
        /// Where the PIN is; nil if the token has a keypad.
        let pin: PKCS11PIN?
        /// Whether a PIN may be tried if the next wrong one locks the token.
        let allowsLastPINTry: Bool
        /// Receives a warning when few tries are left.
        let warn: @Sendable (_ text: String, _ token: String) -> Void
    }

    /// Logs in, unless the process is logged in.
    ///
    /// - Parameters:
    ///   - session: A session with the token.
    ///   - options: Where the PIN is, and when it is tried.
    /// - Throws: ``KMError`` `hsmPINMissing`, `hsmPINRejected` or `hsmPINLocked`; errors of reading the PIN;
    ///   ``PKCS11Failure``, with the function `C_Login` if the login itself failed.
    func login(_ session: Session, _ options: Options) throws {
        try lock.withLock {
            if try session.isLoggedIn() { return }
            let token = try session.module.tokenInfo(session.slot)
            guard token.has(KM_CKF_LOGIN_REQUIRED) else { return }
            let uri = try session.module.uriText(ofTokenIn: session.slot)
            guard let pin = options.pin else {
                guard token.has(KM_CKF_PROTECTED_AUTHENTICATION_PATH) else {
                    throw KMError(
                        .hsmPINMissing,
                        "\(uri) requires a PIN; add pin-source=file:/path/of/a/file to the URI, or pass a PKCS11PIN"
                    )
                }
                try checkTries(token, uri, options)
                return try Self.check(session.login(nil), uri, "try again, and enter the right PIN on the keypad")
            }
            let secret = try pin.read()
            let digest = try secret.withBytes { try digestKey.authenticate($0) }
            if let known = rejected.first(where: { $0.digest == digest }) { throw Self.known(known.rv, pin, uri) }
            try checkTries(token, uri, options)
            let rv = try session.login(secret)
            if Self.countsAsTry(rv) { rejected.append((digest, rv)) }
            try Self.check(rv, uri, "this process does not try it again; correct the PIN")
        }
    }

    /// Whether the token may have counted a wrong PIN.
    private static func countsAsTry(_ rv: UInt) -> Bool {
        let others: Set<UInt> = [
            KM_CKR_OK, KM_CKR_USER_ALREADY_LOGGED_IN,
            // The session or the token is lost.
            KM_CKR_SESSION_HANDLE_INVALID, KM_CKR_SESSION_CLOSED, KM_CKR_DEVICE_REMOVED, KM_CKR_TOKEN_NOT_PRESENT,
            KM_CKR_TOKEN_NOT_RECOGNIZED, KM_CKR_SLOT_ID_INVALID, KM_CKR_CRYPTOKI_NOT_INITIALIZED,
            // The security officer can make the same PIN the right one.
            KM_CKR_PIN_LOCKED, KM_CKR_PIN_EXPIRED, KM_CKR_USER_PIN_NOT_INITIALIZED,
        ]
        return !others.contains(rv)
    }

    private static func isWrongPIN(_ rv: UInt) -> Bool {
        [KM_CKR_PIN_INCORRECT, KM_CKR_PIN_INVALID, KM_CKR_PIN_LEN_RANGE].contains(rv)
    }

    private static func known(_ rv: UInt, _ pin: PKCS11PIN, _ uri: String) -> KMError {
        let name = PKCS11Failure.name(rv)
        guard isWrongPIN(rv) else {
            return KMError(
                .hsmUnavailable,
                "a login to \(uri) with this PIN failed before (\(name)), and the token may have counted it as a wrong "
                    + "PIN. It is not tried again, so that the token does not lock the PIN. Check the HSM and \(pin), "
                    + "then restart the program; a new PIN is tried at once"
            )
        }
        return KMError(
            .hsmPINRejected,
            "\(uri) rejected this PIN before (\(name)); it is not tried again, so that the token does not lock the PIN. "
                + "Correct \(pin); a new PIN is tried at once"
        )
    }

    /// Checks that a wrong PIN does not lock the token, and warns when few tries are left.
    private func checkTries(_ token: TokenInfo, _ uri: String, _ options: Options) throws {
        guard !token.has(KM_CKF_USER_PIN_LOCKED) else { throw Self.locked(uri, KM_CKR_PIN_LOCKED) }
        if token.has(KM_CKF_USER_PIN_FINAL_TRY) {
            guard options.allowsLastPINTry else {
                throw KMError(
                    .hsmPINLocked,
                    "one more wrong PIN locks \(uri) (CKF_USER_PIN_FINAL_TRY), so the PIN is not tried; log in once with "
                        + "another tool that has the right PIN, or set allowsLastPINTry"
                )
            }
            options.warn("one more wrong PIN locks the token", uri)
        } else if token.has(KM_CKF_USER_PIN_COUNT_LOW) {
            options.warn("a wrong PIN was tried since the last login to the token", uri)
        }
    }

    private static func check(_ rv: UInt, _ uri: String, _ advice: String) throws {
        switch rv {
        case KM_CKR_OK, KM_CKR_USER_ALREADY_LOGGED_IN: return
        case KM_CKR_PIN_LOCKED, KM_CKR_PIN_EXPIRED, KM_CKR_USER_PIN_NOT_INITIALIZED: throw locked(uri, rv)
        default:
            guard isWrongPIN(rv) else { throw PKCS11Failure(function: "C_Login", rv: rv) }
            throw KMError(.hsmPINRejected, "\(uri) rejected the PIN (\(PKCS11Failure.name(rv))); \(advice)")
        }
    }

    private static func locked(_ uri: String, _ rv: UInt) -> KMError {
        let advice =
            switch rv {
            case KM_CKR_PIN_LOCKED: "the PIN is locked; the security officer must set a new one"
            case KM_CKR_PIN_EXPIRED: "the PIN has expired; set a new one"
            default: "the token has no PIN yet; the security officer must set one"
            }
        return KMError(.hsmPINLocked, "\(uri): \(PKCS11Failure.name(rv)); \(advice)")
    }
}
#endif
