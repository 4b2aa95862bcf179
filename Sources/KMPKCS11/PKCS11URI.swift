#if PKCS11
internal import CKMPKCS11
internal import KMSecurity

/// A PKCS#11 URI (RFC 7512), which names a token, or an object in a token.
///
/// For example `pkcs11:token=payments;object=client-key?module-path=/usr/lib/hsm.so&pin-source=file:/run/pin`. A
/// URI matches every token and object that has its attributes.
public struct PKCS11URI: Sendable, Hashable {
    /// The largest accepted size of a URI in bytes: 4096.
    public static let maximumByteCount = 4096

    let text: String
    /// The file of the PKCS#11 module, from the attribute `module-path`; nil if the URI does not have it.
    public let modulePath: String?
    /// Where the PIN is, from the attribute `pin-source`; nil if the URI does not have it.
    public let pinSource: PKCS11PIN?
    /// Whether the URI has one of the attributes `object`, `id` and `type`.
    public let namesObject: Bool
    /// Whether the URI has one of the attributes `object` and `id`.
    let namesKey: Bool
    /// The URI without the query, which has the module's path and the source of the PIN.
    public let description: String

    /// Parses a URI.
    ///
    /// - Parameter text: The URI. It must not contain `pin-value`, since URIs are written to logs and process lists.
    /// - Throws: ``KMError`` `hsmURIInvalid`. The detail does not repeat the URI.
    public init(_ text: String) throws {
        guard text.utf8.count <= Self.maximumByteCount, !text.utf8.contains(0) else {
            throw Self.invalid("it must have at most \(Self.maximumByteCount) bytes, none of them NUL")
        }
        try Self.rejectDuplicates(text)
        let parsed = try ParsedURI(text)
        guard unsafe !km_p11_uri_has_pin_value(parsed.pointer) else {
            throw Self.invalid(
                "pin-value is not accepted, because URIs appear in logs and process lists; "
                    + "change the PIN, write it to a file with mode 0600, and name the file: pin-source=file:/path"
            )
        }
        guard unsafe km_p11_uri_module_name(parsed.pointer) == nil else {
            throw Self.invalid("module-name is not supported; name the file with module-path")
        }
        self.text = text
        unsafe modulePath = km_p11_uri_module_path(parsed.pointer).map { unsafe String(cString: $0) }
        guard modulePath?.hasPrefix("/") ?? true else { throw Self.invalid("module-path must be an absolute path") }
        pinSource = unsafe try km_p11_uri_pin_source(parsed.pointer)
            .map { unsafe try PKCS11PIN(pinSource: String(cString: $0)) }
        unsafe namesObject = km_p11_uri_names_object(parsed.pointer)
        unsafe namesKey = km_p11_uri_names_key(parsed.pointer)
        description = unsafe try copiedText { unsafe km_p11_uri_format(parsed.pointer, true, $0) }
    }

    /// Parses the text again, for calls of the shim.
    func parsed() throws -> ParsedURI { try ParsedURI(text) }

    /// The attributes of the URI that name the token.
    func tokenDescription() throws -> String {
        let parsed = try parsed()
        return unsafe try copiedText { unsafe km_p11_uri_format(parsed.pointer, false, $0) }
    }

    static func invalid(_ fault: String) -> KMError {
        KMError(.hsmURIInvalid, "not an acceptable PKCS#11 URI (RFC 7512): \(fault)")
    }

    /// Rejects a URI that has an attribute twice (RFC 7512 section 2.3), which the parser would accept.
    private static func rejectDuplicates(_ text: String) throws {
        let parts = text.drop { $0 != ":" }.dropFirst()
            .split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        for (part, separator) in zip(parts, [";", "&"] as [Character]) {
            let names = part.split(separator: separator).map { $0.prefix { $0 != "=" } }
            guard Set(names).count == names.count else { throw invalid("each attribute must appear once") }
        }
    }
}

extension PKCS11URI: CustomStringConvertible, CustomDebugStringConvertible {
    /// The same text as ``description``.
    public var debugDescription: String { description }
}

/// Owns a URI of the C shim, for one thread.
@safe final class ParsedURI {
    let pointer: OpaquePointer

    init(_ text: String) throws {
        var made: OpaquePointer?
        let fault = unsafe km_p11_uri_parse(text, &made)
        guard fault == KM_P11_URI_OK, let made = unsafe made else { throw Self.error(fault) }
        unsafe pointer = made
    }

    deinit { unsafe km_p11_uri_free(pointer) }

    private static func error(_ fault: km_p11_uri_fault) -> KMError {
        switch fault {
        case KM_P11_URI_SCHEME: PKCS11URI.invalid("it must begin with pkcs11:")
        case KM_P11_URI_ENCODING: PKCS11URI.invalid("a percent encoding is malformed, or a value is too long")
        case KM_P11_URI_SYNTAX:
            PKCS11URI.invalid("expected name=value, separated by ; and after the ? by &, as in pkcs11:token=a;object=b")
        case KM_P11_URI_VERSION: PKCS11URI.invalid("library-version must be one or two numbers, such as 2.6")
        case KM_P11_URI_UNRECOGNIZED:
            PKCS11URI.invalid(
                "it has an unknown attribute; known are token, manufacturer, model, serial, object, type, id, "
                    + "slot-id, slot-description, slot-manufacturer, library-manufacturer, library-description, "
                    + "library-version, and after the ? module-path and pin-source"
            )
        default: KMError(.cryptographyUnavailable, "there is no memory for a PKCS#11 URI")
        }
    }
}

/// Copies a text that the shim allocated.
func copiedText(_ make: (UnsafeMutablePointer<km_p11_buffer>) -> UInt) throws -> String {
    String(decoding: unsafe try copiedBytes("p11_kit_uri_format", make), as: UTF8.self)
}

/// Copies bytes that the shim allocated, and erases and frees the allocation.
func copiedBytes(_ function: String, _ make: (UnsafeMutablePointer<km_p11_buffer>) -> UInt) throws -> [UInt8] {
    var buffer = unsafe km_p11_buffer()
    let rv = unsafe make(&buffer)
    defer { unsafe km_p11_buffer_free(buffer) }
    try PKCS11Failure.check(rv, function)
    return unsafe [UInt8](UnsafeBufferPointer(start: buffer.bytes, count: buffer.size))
}
#endif
