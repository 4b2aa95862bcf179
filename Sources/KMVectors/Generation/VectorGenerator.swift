/// Makes vector files: from the same seed the same bytes, on any machine.
///
///     for file in try VectorGenerator(seed: "another one").files() {
///         print(file.name, file.testCount)
///     }
///
/// The files hold the sending direction, and messages to a receiver, right ones and damaged ones. What is due of each is
/// known from how it was made: the generator does not ask the code that the vectors are to test, and takes from this
/// package AES-GCM, SHA-256, HMAC, Base64, the escapes of JSON strings and the public halves of its keys alone.
public struct VectorGenerator: Sendable {
    /// The seed of the files in `Vectors/generated`.
    public static let defaultSeed = "KMSecurity"

    /// A file that was made.
    public struct File: Sendable {
        /// Its name, the operation and `.json`.
        public let name: String
        /// How many tests it has.
        public let testCount: Int
        /// Its bytes.
        public let bytes: [UInt8]
    }

    /// The seed.
    public let seed: String

    /// A generator of files from `seed`, which may be any text.
    public init(seed: String = Self.defaultSeed) {
        self.seed = seed
    }

    /// The names of the files.
    public static var fileNames: [String] { generatedOperations.map { "\($0.name).json" } }

    /// All files, one an operation.
    ///
    /// - Throws: ``KMError`` `cryptographyUnavailable`.
    public func files() throws -> [File] {
        let seeded = try SeededBytes(seed: seed)
        return try generatedOperations.map { operation in
            let file = try operation.file(seeded.scope(operation.name))
            return File(
                name: "\(operation.name).json",
                testCount: file.groups.reduce(0) { $0 + $1.tests.count },
                bytes: file.text(operation: operation.name)
            )
        }
    }
}

/// An operation whose vectors are made here.
protocol GeneratedOperation {
    /// The operation's name in files.
    static var name: String { get }

    /// The file, drawn from `seeded`, whose labels are the operation's own.
    static func file(_ seeded: SeededBytes) throws -> GeneratedFile
}

/// The operations whose vectors are made, each in a file of its own.
private var generatedOperations: [any GeneratedOperation.Type] {
    [
        TokenSignGeneration.self, RequestStampGeneration.self, MessageEncryptGeneration.self,
        FieldEncryptGeneration.self, TokenVerifyGeneration.self, JWEDecryptGeneration.self,
        MessageDecryptGeneration.self, FieldDecryptGeneration.self, PARDeriveGeneration.self,
    ]
}
