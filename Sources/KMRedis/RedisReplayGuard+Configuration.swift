#if Redis
public import KMSecurity

extension RedisReplayGuard {
    /// The address of a Redis or Valkey server, and the way to connect to it.
    public enum Address: Sendable, Hashable {
        /// A host and a port, with TLS.
        ///
        /// The host is a name or an IP address, which the server's certificate must contain.
        case tls(host: String, port: Int = 6379, options: TLS = TLS())
        /// A host and a port, without TLS.
        ///
        /// Whoever can read the network sees the password. Whoever can change it can make copies of requests pass. Use it
        /// only on the loopback interface, or in a network that is protected otherwise.
        case insecurePlaintext(host: String, port: Int = 6379)
        /// The path of a Unix socket, in whose folder only trusted users can create files.
        case unixSocket(path: String)
    }

    /// The certificates with which a guard connects to the server.
    public struct TLS: Sendable, Hashable {
        /// The path of a PEM file with the accepted certificate authorities; nil for those of the system.
        public var authorityPath: String?
        /// The path of a PEM file with the guard's own certificate and its chain, for mutual TLS.
        public var certificatePath: String?
        /// The path of a PEM file with the private key of the guard's own certificate.
        public var privateKeyPath: String?

        /// Creates options that accept certificates for the address's host.
        ///
        /// The guard reads the files each time it connects, so you can renew them while it runs.
        ///
        /// - Parameters:
        ///   - authorityPath: The path of a PEM file with the accepted certificate authorities; nil for those of the
        ///     system.
        ///   - certificatePath: The path of a PEM file with the guard's own certificate and its chain, for mutual TLS.
        ///   - privateKeyPath: The path of a PEM file with the private key of that certificate.
        public init(authorityPath: String? = nil, certificatePath: String? = nil, privateKeyPath: String? = nil) {
            self.authorityPath = authorityPath
            self.certificatePath = certificatePath
            self.privateKeyPath = privateKeyPath
        }
    }

    /// The options of a guard.
    public struct Configuration: Sendable {
        /// The server, which must be the primary.
        public var address: Address
        /// The name of the ACL user; nil for the default user.
        public var username: String?
        /// The password; nil if the server requires none.
        public var password: SecretBytes?
        /// The number of the database.
        public var database = 0
        /// The start of the names of all keys, from 1 to 64 bytes.
        ///
        /// Guards that share requests must have the same prefix. Other users of the server must not use it.
        public var prefix = "km:"
        /// The number of connections, from 1 to 64.
        public var connectionCount = 2
        /// The longest time that a claim takes, from 10 ms to 60 s.
        ///
        /// The server rejects a request whose claim has no answer by then.
        public var timeout: Duration = .seconds(1)
        /// The largest number of requests of each kind, plain and encrypted, that one caller can keep.
        public var capacityPerCaller: Int
        /// The time for which Redis keeps a request after its expiry, and the largest accepted difference between the
        /// clocks of Redis and of this process, from 1 s to 1 hour.
        public var expiryMargin: Duration = .seconds(60)
        /// The largest number of claims at a time that wait for an answer, at least 1.
        ///
        /// Further claims are rejected.
        public var maximumClaimCount = 10_000
        /// Whether the guard works with a Redis that erases keys when its memory is full.
        ///
        /// This is insecure: a copy of a request passes once Redis has erased the request.
        public var insecureAllowingEviction = false

        /// Creates options; change the other properties afterwards.
        ///
        /// - Parameters:
        ///   - address: The server, which must be the primary.
        ///   - username: The name of the ACL user; nil for the default user.
        ///   - password: The password; nil if the server requires none.
        ///   - capacityPerCaller: The largest number of requests of each kind that one caller can keep: its highest
        ///     request rate, multiplied by the time for which the server remembers a request.
        public init(
            address: Address,
            username: String? = nil,
            password: SecretBytes? = nil,
            capacityPerCaller: Int = 250_000
        ) {
            self.address = address
            self.username = username
            self.password = password
            self.capacityPerCaller = capacityPerCaller
        }

        /// Throws unless every option is in its range.
        func check() throws {
            try require((0...15_999).contains(database), "database must be from 0 to 15999; got \(database)")
            try require(
                (1...64).contains(prefix.utf8.count),
                "prefix must be from 1 to 64 bytes; got \(counted(prefix.utf8.count, "byte"))"
            )
            try require(
                (1...64).contains(connectionCount),
                "connectionCount must be from 1 to 64; got \(connectionCount)"
            )
            try require(
                timeout >= .milliseconds(10) && timeout <= .seconds(60),
                "timeout must be from 10 ms to 60 s; got \(timeout)"
            )
            try require(capacityPerCaller >= 1, "capacityPerCaller must be at least 1; got \(capacityPerCaller)")
            try require(
                expiryMargin >= .seconds(1) && expiryMargin <= .seconds(3600),
                "expiryMargin must be from 1 s to 3600 s; got \(expiryMargin)"
            )
            try require(maximumClaimCount >= 1, "maximumClaimCount must be at least 1; got \(maximumClaimCount)")
            try require(username == nil || password != nil, "password is required with a username")
            switch address {
            case .tls(let host, let port, let tls):
                try require(
                    (tls.certificatePath == nil) == (tls.privateKeyPath == nil),
                    "certificatePath and privateKeyPath are required together"
                )
                try check(host, port)
            case .insecurePlaintext(let host, let port): try check(host, port)
            case .unixSocket(let path): try require(!path.isEmpty, "the path of the Unix socket must not be empty")
            }
        }

        private func check(_ host: String, _ port: Int) throws {
            try require(!host.isEmpty, "host must not be empty")
            try require((1...65_535).contains(port), "port must be from 1 to 65535; got \(port)")
        }

        private func require(_ condition: Bool, _ detail: String) throws {
            guard condition else { throw KMError(.configurationInvalid, "RedisReplayGuard: \(detail)") }
        }
    }
}

extension RedisReplayGuard.Address: CustomStringConvertible {
    /// The host and port, or the path of the socket.
    public var description: String {
        switch self {
        case .tls(let host, let port, _), .insecurePlaintext(let host, let port):
            host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unixSocket(let path): path
        }
    }
}

extension RedisReplayGuard.Configuration: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The address and the prefix, without the password.
    public var description: String { "RedisReplayGuard.Configuration(\(address), prefix \(prefix))" }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// Shows no children.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
#endif
