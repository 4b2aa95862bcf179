#if PKCS11
internal import CKMPKCS11
internal import Foundation
internal import KMPrimitives
internal import KMSecurity
internal import Logging
internal import Synchronization

/// Logs in to a token, and never tries a PIN again that the token rejected.
///
/// A token locks its PIN after a few wrong tries. Without this memory, a server with a wrong PIN in its configuration
/// would lock the token by itself, since each session and each retry would try the PIN once more.
///
/// `@unchecked Sendable`: the memory is accessed only under `lock`.
final class LoginGuard: @unchecked Sendable {
    /// Lets one thread at a time log in, so that several sessions do not try the same wrong PIN.
    private let lock = NSLock()
    private var rejected: [HMACSHA256.MAC] = []
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

    /// Logs in, unless the process is logged in.
    ///
    /// - Parameters:
    ///   - session: A session with the token.
    ///   - pin: Where the PIN is.
    ///   - logger: The logger that receives a warning when few tries are left.
    /// - Throws: ``KMError`` `hsmPINMissing`, `hsmPINRejected` or `hsmPINLocked`; errors of reading the PIN;
    ///   ``PKCS11Failure``.
    func login(_ session: Session, _ pin: PKCS11PIN?, _ logger: Logger?) throws {
        try lock.withLock {
            if try session.isLoggedIn() { return }
            let token = try session.module.tokenInfo(session.slot)
            guard token.has(KM_CKF_LOGIN_REQUIRED) else { return }
            let uri = try session.module.uriText(ofTokenIn: session.slot)
            guard let pin else {
                guard token.has(KM_CKF_PROTECTED_AUTHENTICATION_PATH) else {
                    throw KMError(
                        .hsmPINMissing,
                        "\(uri) requires a PIN; add pin-source=file:/path/of/a/file to the URI, or pass a PKCS11PIN"
                    )
                }
                return try check(session.login(nil), uri)
            }
            let secret = try pin.read()
            let digest = try secret.withBytes { try digestKey.authenticate($0) }
            guard !rejected.contains(where: { $0 == digest }) else {
                throw KMError(
                    .hsmPINRejected,
                    "\(uri) rejected this PIN before (CKR_PIN_INCORRECT); it is not tried again, so that the token does "
                        + "not lock the PIN. Correct \(pin); a new PIN is tried at once"
                )
            }
            guard !token.has(KM_CKF_USER_PIN_LOCKED) else { throw Self.locked(uri, KM_CKR_PIN_LOCKED) }
            warn(token, uri, logger)
            let rv = try session.login(secret)
            if [KM_CKR_PIN_INCORRECT, KM_CKR_PIN_INVALID, KM_CKR_PIN_LEN_RANGE, KM_CKR_PIN_LOCKED].contains(rv) {
                rejected.append(digest)
            }
            try check(rv, uri)
        }
    }

    private func warn(_ token: TokenInfo, _ uri: String, _ logger: Logger?) {
        if token.has(KM_CKF_USER_PIN_FINAL_TRY) {
            logger?.warning("one more wrong PIN locks the token", metadata: ["token": "\(uri)"])
        } else if token.has(KM_CKF_USER_PIN_COUNT_LOW) {
            logger?.warning("a wrong PIN was tried since the last login to the token", metadata: ["token": "\(uri)"])
        }
    }

    private func check(_ rv: UInt, _ uri: String) throws {
        switch rv {
        case KM_CKR_OK, KM_CKR_USER_ALREADY_LOGGED_IN: return
        case KM_CKR_PIN_INCORRECT, KM_CKR_PIN_INVALID, KM_CKR_PIN_LEN_RANGE:
            throw KMError(
                .hsmPINRejected,
                "\(uri) rejected the PIN (\(PKCS11Failure.name(rv))); this process does not try it again; correct the PIN"
            )
        case KM_CKR_PIN_LOCKED, KM_CKR_PIN_EXPIRED, KM_CKR_USER_PIN_NOT_INITIALIZED: throw Self.locked(uri, rv)
        default: throw PKCS11Failure(function: "C_Login", rv: rv)
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
