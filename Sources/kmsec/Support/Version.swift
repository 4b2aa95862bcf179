import KMPrimitives

enum Version {
    static let number = "0.1.0"
    /// The OpenSSL that runs, e.g.
    ///
    /// `OpenSSL 3.0.19 27 Jan 2026`.
    static var openSSL: String { OpenSSL.version }
}
