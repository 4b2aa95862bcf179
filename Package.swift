// swift-tools-version: 6.3
import PackageDescription

/// Held by the compiler everywhere: explicit `any`, imports that do not leak, and no unsafe construct that is not marked.
let strict: [SwiftSetting] = [
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

/// Nothing that OpenSSL 3.0 has deprecated is declared, so that later versions, which remove it, work too.
let currentOpenSSL: [CSetting] = [.define("OPENSSL_NO_DEPRECATED"), .define("OPENSSL_API_COMPAT", to: "30000")]

/// What an integration brings: a dependency that is fetched and built only if its trait is on.
func integration(_ product: String, _ package: String, _ trait: String) -> Target.Dependency {
    .product(name: product, package: package, condition: .when(traits: [trait]))
}

let package = Package(
    name: "KMSecurity",
    platforms: [.macOS(.v26)],
    products: [
        .library(name: "KMSecurity", targets: ["KMSecurity"]),
        .library(name: "KMDiagnosis", targets: ["KMDiagnosis"]),
        .library(name: "KMJOSE", targets: ["KMJOSE"]),
        .library(name: "KMVectors", targets: ["KMVectors"]),
        .library(name: "KMURLSession", targets: ["KMURLSession"]),
        .library(name: "KMServiceLifecycle", targets: ["KMServiceLifecycle"]),
        .library(name: "KMHummingbird", targets: ["KMHummingbird"]),
        .library(name: "KMAsyncHTTPClient", targets: ["KMAsyncHTTPClient"]),
        .library(name: "KMRedis", targets: ["KMRedis"]),
        .library(name: "KMPostgreSQL", targets: ["KMPostgreSQL"]),
        .library(name: "KMPARRegistry", targets: ["KMPARRegistry"]),
        .library(name: "KMPKCS11", targets: ["KMPKCS11"]),
        // The C library. Sources/CKMSecurity/install builds it so that it needs no Swift on the machine.
        .library(name: "kmsecurity", type: .dynamic, targets: ["KMCApi"]),
        .executable(name: "kmsec", targets: ["kmsec"]),
        .executable(name: "kmexample", targets: ["kmexample"]),
        .executable(name: "kmsandbox", targets: ["kmsandbox"]),
    ],
    traits: [
        .trait(
            name: "ServiceLifecycle",
            description: "Keyring and credentials as services of swift-service-lifecycle."
        ),
        .trait(
            name: "Hummingbird",
            description: "KMHummingbird: a server of the API on Hummingbird.",
            enabledTraits: ["ServiceLifecycle"]
        ),
        .trait(name: "AsyncHTTPClient", description: "KMAsyncHTTPClient: a client of the API on AsyncHTTPClient."),
        .trait(
            name: "Redis",
            description: "KMRedis: a replay guard on Redis or Valkey, which many servers share.",
            enabledTraits: ["ServiceLifecycle"]
        ),
        .trait(
            name: "PostgreSQL",
            description: """
                KMPostgreSQL: a replay guard on PostgreSQL, which many servers share. KMPARRegistry: its store on \
                PostgreSQL. Needs libpq-dev.
                """,
            enabledTraits: ["ServiceLifecycle"]
        ),
        .trait(name: "SQLite", description: "KMPARRegistry: its store in a file of SQLite. Needs libsqlite3-dev."),
        .trait(
            name: "PKCS11",
            description: "KMPKCS11: private keys and MAC keys that stay in an HSM. Needs libp11-kit-dev."
        ),
        .trait(
            name: "Sandbox",
            description: "kmsandbox: a local sandbox of the API, and conformance tests of servers and clients.",
            enabledTraits: ["Hummingbird", "AsyncHTTPClient"]
        ),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.4.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.5.0"),
        .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.2.0"),
        // Each of these is fetched only if a trait needs it.
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.6.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.20.0"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.30.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.81.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.30.0"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.26.0"),
    ],
    targets: [
        .systemLibrary(
            name: "Clibcrypto",
            pkgConfig: "libcrypto",
            providers: [.apt(["libssl-dev"]), .yum(["openssl-devel"]), .brew(["openssl@3"])]
        ),
        .target(name: "CKMOpenSSL", dependencies: ["Clibcrypto"], cSettings: currentOpenSSL),
        .target(name: "CKMFloor", dependencies: ["Clibcrypto"], cSettings: currentOpenSSL),
        .target(name: "KMPrimitives", dependencies: ["CKMOpenSSL"], swiftSettings: strict),
        .target(name: "KMJSON", dependencies: ["KMPrimitives"], swiftSettings: strict),
        .target(name: "KMJOSE", dependencies: ["KMPrimitives", "KMJSON"], swiftSettings: strict),
        .target(
            name: "KMWire",
            dependencies: [
                "KMJOSE", "KMJSON", "KMPrimitives", .product(name: "HTTPTypes", package: "swift-http-types"),
            ],
            exclude: ["Endpoints/endpoints.schema.json"],
            resources: [.embedInCode("Endpoints/endpoints.json")],
            swiftSettings: strict
        ),
        .target(name: "KMCards", dependencies: ["KMPrimitives"], swiftSettings: strict),
        .target(
            name: "KMSecurity",
            dependencies: [
                "KMWire", "KMCards", "KMJOSE", "KMJSON", "KMPrimitives",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
            ],
            exclude: [
                "Keys/Census/census.schema.json", "Keys/File/credentials.schema.json", "Keys/File/keyring.schema.json",
            ],
            swiftSettings: strict
        ),
        .target(name: "CKMSecurity", exclude: ["install", "kmsecurity.map", "kmsecurity.pc.in", "spark_par_job.py"]),
        .target(
            name: "KMCApi",
            dependencies: ["CKMSecurity", "KMSecurity", "KMWire", "KMCards", "KMJSON", "KMPrimitives"],
            swiftSettings: strict
        ),
        .target(
            name: "KMURLSession",
            dependencies: ["KMSecurity", .product(name: "HTTPTypes", package: "swift-http-types")],
            swiftSettings: strict
        ),
        .target(
            name: "KMServiceLifecycle",
            dependencies: [
                "KMSecurity", integration("ServiceLifecycle", "swift-service-lifecycle", "ServiceLifecycle"),
            ],
            swiftSettings: strict
        ),
        .target(
            name: "KMHummingbird",
            dependencies: [
                "KMSecurity", "KMServiceLifecycle",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                integration("Hummingbird", "hummingbird", "Hummingbird"),
                integration("NIOCore", "swift-nio", "Hummingbird"),
                integration("HummingbirdCore", "hummingbird", "Hummingbird"),
                integration("NIOHTTPTypes", "swift-nio-extras", "Hummingbird"),
            ],
            swiftSettings: strict
        ),
        .target(
            name: "KMAsyncHTTPClient",
            dependencies: [
                "KMSecurity",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                integration("AsyncHTTPClient", "async-http-client", "AsyncHTTPClient"),
                integration("NIOCore", "swift-nio", "AsyncHTTPClient"),
                integration("NIOHTTP1", "swift-nio", "AsyncHTTPClient"),
                integration("NIOPosix", "swift-nio", "AsyncHTTPClient"),
                integration("NIOSSL", "swift-nio-ssl", "AsyncHTTPClient"),
            ],
            swiftSettings: strict
        ),
        .target(
            name: "KMRedis",
            dependencies: [
                "KMSecurity", "KMServiceLifecycle",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "CoreMetrics", package: "swift-metrics"),
                integration("NIOCore", "swift-nio", "Redis"),
                integration("NIOPosix", "swift-nio", "Redis"),
                integration("NIOSSL", "swift-nio-ssl", "Redis"),
                integration("ServiceLifecycle", "swift-service-lifecycle", "Redis"),
            ],
            swiftSettings: strict
        ),
        .systemLibrary(
            name: "Clibpq",
            pkgConfig: "libpq",
            providers: [.apt(["libpq-dev"]), .yum(["libpq-devel"]), .brew(["libpq"])]
        ),
        .target(
            name: "KMPostgreSQL",
            dependencies: [
                "KMSecurity", "KMServiceLifecycle",
                .product(name: "Logging", package: "swift-log"),
                .target(name: "Clibpq", condition: .when(traits: ["PostgreSQL"])),
                integration("ServiceLifecycle", "swift-service-lifecycle", "PostgreSQL"),
            ],
            swiftSettings: strict
        ),
        .systemLibrary(
            name: "Clibsqlite3",
            pkgConfig: "sqlite3",
            providers: [.apt(["libsqlite3-dev"]), .yum(["sqlite-devel"]), .brew(["sqlite"])]
        ),
        .target(
            name: "KMPARRegistry",
            dependencies: [
                "KMSecurity", "KMCards", "KMPrimitives",
                .product(name: "Logging", package: "swift-log"),
                .target(name: "KMPostgreSQL", condition: .when(traits: ["PostgreSQL"])),
                .target(name: "Clibsqlite3", condition: .when(traits: ["SQLite"])),
            ],
            swiftSettings: strict
        ),
        .systemLibrary(
            name: "Clibp11kit",
            pkgConfig: "p11-kit-1",
            providers: [.apt(["libp11-kit-dev"]), .yum(["p11-kit-devel"]), .brew(["p11-kit"])]
        ),
        .target(
            name: "CKMPKCS11",
            dependencies: [.target(name: "Clibp11kit", condition: .when(traits: ["PKCS11"]))],
            cSettings: [.define("KM_PKCS11", .when(traits: ["PKCS11"]))]
        ),
        .target(
            name: "KMPKCS11",
            dependencies: [
                "KMSecurity", "KMJOSE", "KMPrimitives",
                .product(name: "Logging", package: "swift-log"),
                .target(name: "CKMPKCS11", condition: .when(traits: ["PKCS11"])),
            ],
            swiftSettings: strict
        ),
        .target(
            name: "KMDiagnosis",
            dependencies: [
                "KMSecurity", "KMWire", "KMCards", "KMJOSE", "KMJSON", "KMPrimitives",
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ],
            swiftSettings: strict
        ),
        .target(
            name: "KMVectors",
            dependencies: [
                "KMDiagnosis", "KMSecurity", "KMWire", "KMCards", "KMJOSE", "KMJSON", "KMPrimitives",
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ],
            swiftSettings: strict
        ),
        .target(
            name: "KMVectorGeneration",
            dependencies: ["KMVectors", "KMJOSE", "KMJSON", "KMPrimitives"],
            swiftSettings: strict
        ),
        .target(
            name: "KMCommandLine",
            dependencies: [
                "KMSecurity", "KMWire", "KMCards", "KMJOSE", "KMPrimitives",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "kmsec",
            dependencies: [
                "KMCommandLine",
                "KMDiagnosis", "KMSecurity", "KMWire", "KMCards", "KMJOSE", "KMJSON", "KMPrimitives", "KMVectors",
                "KMVectorGeneration", "KMPARRegistry", "KMPKCS11", "CKMFloor",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "kmexample",
            dependencies: [
                "KMSecurity", "KMHummingbird", "KMAsyncHTTPClient", "KMServiceLifecycle",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                integration("Hummingbird", "hummingbird", "Hummingbird"),
                integration("HummingbirdTLS", "hummingbird", "Hummingbird"),
                integration("AsyncHTTPClient", "async-http-client", "AsyncHTTPClient"),
                integration("NIOSSL", "swift-nio-ssl", "Hummingbird"),
            ],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "kmsandbox",
            dependencies: [
                "KMCommandLine", "KMDiagnosis", "KMSecurity", "KMWire", "KMCards", "KMJOSE", "KMJSON", "KMPrimitives",
                "KMVectorGeneration", "KMHummingbird", "KMAsyncHTTPClient",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                integration("Hummingbird", "hummingbird", "Sandbox"),
                integration("HummingbirdCore", "hummingbird", "Sandbox"),
                integration("AsyncHTTPClient", "async-http-client", "Sandbox"),
                integration("NIOCore", "swift-nio", "Sandbox"),
                integration("NIOHTTP1", "swift-nio", "Sandbox"),
                integration("NIOPosix", "swift-nio", "Sandbox"),
                integration("NIOSSL", "swift-nio-ssl", "Sandbox"),
                integration("ServiceLifecycle", "swift-service-lifecycle", "Sandbox"),
            ],
            resources: [
                .embedInCode("Page/index.html"), .embedInCode("Page/app.js"), .embedInCode("Page/style.css"),
            ],
            swiftSettings: strict
        ),
        .target(
            name: "KMTestSupport",
            dependencies: ["KMPrimitives"],
            path: "Tests/KMTestSupport",
            swiftSettings: strict
        ),
        .target(
            name: "KMSecurityTestSupport",
            dependencies: [
                "KMSecurity", "KMPrimitives", "KMTestSupport",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
            ],
            path: "Tests/KMSecurityTestSupport",
            swiftSettings: strict
        ),
        .testTarget(
            name: "KMPrimitivesTests",
            dependencies: ["KMPrimitives", "KMTestSupport"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "KMJSONTests",
            dependencies: ["KMJSON", "KMPrimitives", "KMTestSupport"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "KMJOSETests",
            dependencies: ["KMJOSE", "KMJSON", "KMPrimitives", "KMTestSupport"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "KMWireTests",
            dependencies: [
                "KMWire", "KMJSON", "KMPrimitives", "KMTestSupport",
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "KMCardsTests",
            dependencies: ["KMCards", "KMPrimitives", "KMTestSupport"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "KMDiagnosisTests",
            dependencies: [
                "KMDiagnosis", "KMSecurity", "KMWire", "KMCards", "KMJOSE", "KMJSON", "KMPrimitives", "KMTestSupport",
                "KMSecurityTestSupport",
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "KMSecurityTests",
            dependencies: [
                "KMDiagnosis", "KMSecurity", "KMWire", "KMCards", "KMJOSE", "KMJSON", "KMPrimitives", "KMVectors",
                "KMTestSupport", "KMSecurityTestSupport",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "MetricsTestKit", package: "swift-metrics"),
                .product(name: "InMemoryTracing", package: "swift-distributed-tracing"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "KMHummingbirdTests",
            dependencies: [
                "KMHummingbird", "KMAsyncHTTPClient", "KMServiceLifecycle", "KMURLSession", "KMSecurity",
                "KMTestSupport",
                "KMSecurityTestSupport",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                integration("Hummingbird", "hummingbird", "Hummingbird"),
                integration("HummingbirdTLS", "hummingbird", "Hummingbird"),
                integration("HummingbirdHTTP2", "hummingbird", "Hummingbird"),
                integration("HummingbirdCore", "hummingbird", "Hummingbird"),
                integration("AsyncHTTPClient", "async-http-client", "AsyncHTTPClient"),
                integration("ServiceLifecycle", "swift-service-lifecycle", "Hummingbird"),
                integration("NIOCore", "swift-nio", "Hummingbird"),
                integration("NIOPosix", "swift-nio", "Hummingbird"),
                integration("NIOSSL", "swift-nio-ssl", "Hummingbird"),
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "KMRedisTests",
            dependencies: [
                "KMRedis", "KMSecurity", "KMTestSupport", "KMSecurityTestSupport",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "CoreMetrics", package: "swift-metrics"),
                integration("NIOCore", "swift-nio", "Redis"),
                integration("NIOPosix", "swift-nio", "Redis"),
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "KMPostgreSQLTests",
            dependencies: [
                "KMPostgreSQL", "KMPostgreSQLTestSupport", "KMSecurity", "KMTestSupport", "KMSecurityTestSupport",
                .product(name: "Logging", package: "swift-log"),
                integration("ServiceLifecycle", "swift-service-lifecycle", "PostgreSQL"),
            ],
            swiftSettings: strict
        ),
        .target(
            name: "KMPostgreSQLTestSupport",
            dependencies: ["KMPostgreSQL"],
            path: "Tests/KMPostgreSQLTestSupport",
            swiftSettings: strict
        ),
        .testTarget(
            name: "KMPARRegistryTests",
            dependencies: [
                "KMPARRegistry", "KMSecurity", "KMPrimitives", "KMTestSupport", "KMSecurityTestSupport",
                .target(name: "KMPostgreSQL", condition: .when(traits: ["PostgreSQL"])),
                .target(name: "KMPostgreSQLTestSupport", condition: .when(traits: ["PostgreSQL"])),
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "KMPKCS11Tests",
            dependencies: [
                "KMPKCS11", "KMSecurity", "KMJOSE", "KMPrimitives", "KMTestSupport", "KMSecurityTestSupport",
                .product(name: "Logging", package: "swift-log"),
                .target(name: "CKMPKCS11", condition: .when(traits: ["PKCS11"])),
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "KMVectorsTests",
            dependencies: ["KMVectors", "KMSecurity", "KMTestSupport"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "KMVectorGenerationTests",
            dependencies: ["KMVectorGeneration", "KMVectors", "KMSecurity", "KMPrimitives", "KMTestSupport"],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "FleetNode",
            dependencies: [
                "KMSecurity",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
            ],
            path: "Tests/Fleet/FleetNode",
            swiftSettings: strict
        ),
        .executableTarget(
            name: "ReplayLoad",
            dependencies: ["KMPostgreSQL", "KMRedis", "KMSecurity", "KMSecurityTestSupport", "LoadSupport"],
            path: "Tests/Load/ReplayLoad",
            swiftSettings: strict
        ),
        .executableTarget(
            name: "RegistryLoad",
            dependencies: [
                "KMPARRegistry", "KMSecurity", "KMCommandLine", "LoadSupport",
                .target(name: "KMPostgreSQL", condition: .when(traits: ["PostgreSQL"])),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Tests/Load/RegistryLoad",
            swiftSettings: strict
        ),
        .target(name: "LoadSupport", path: "Tests/Load/LoadSupport", swiftSettings: strict),
        .testTarget(
            name: "kmsandboxTests",
            dependencies: [
                "kmsandbox", "KMCommandLine", "KMDiagnosis", "KMHummingbird", "KMAsyncHTTPClient", "KMSecurity",
                "KMPrimitives", "KMTestSupport",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                integration("Hummingbird", "hummingbird", "Sandbox"),
                integration("NIOCore", "swift-nio", "Sandbox"),
            ],
            swiftSettings: strict
        ),
        .executableTarget(name: "PeakMemory", path: "Tests/PeakMemory"),
        .executableTarget(
            name: "HTTPLoad",
            dependencies: [
                "KMSecurity", "KMHummingbird", "KMAsyncHTTPClient", "CKMFloor", "LoadSupport",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                integration("Hummingbird", "hummingbird", "Hummingbird"),
                integration("HummingbirdTLS", "hummingbird", "Hummingbird"),
                integration("AsyncHTTPClient", "async-http-client", "AsyncHTTPClient"),
                integration("NIOSSL", "swift-nio-ssl", "Hummingbird"),
            ],
            path: "Tests/Load/HTTPLoad",
            swiftSettings: strict
        ),
        .testTarget(name: "KMCommandLineTests", dependencies: ["KMCommandLine"], swiftSettings: strict),
        .testTarget(
            name: "kmsecTests",
            dependencies: [
                "kmsec", "KMDiagnosis", "KMSecurity", "KMTestSupport", "PeakMemory",
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ],
            exclude: ["Support/make-keys", "Transcripts"],
            swiftSettings: strict
        ),
    ],
    swiftLanguageModes: [.v6],
    cLanguageStandard: .c17
)

// The fuzz targets need libFuzzer's library, which .ci/fuzz names to the linker.
if Context.environment["KMSEC_FUZZ"] != nil {
    package.targets += [
        .target(name: "CLibFuzzer", path: "Tests/Fuzz/CLibFuzzer"),
        .target(name: "CKeyFiles", path: "Tests/Shim/KeyFiles"),
        .executableTarget(
            name: "kmfuzz",
            dependencies: [
                "CLibFuzzer", "CKeyFiles", "KMDiagnosis", "KMRedis", "KMSecurity", "KMWire", "KMCards", "KMJOSE",
                "KMJSON",
                "KMPrimitives", "KMVectors",
                "KMTestSupport",
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ],
            path: "Tests/Fuzz/kmfuzz",
            swiftSettings: strict
        ),
    ]
}
