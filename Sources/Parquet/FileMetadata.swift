/// The footer of a file as the Thrift definition `parquet.thrift` draws it, as far as this library needs it.
struct FileMetadata {
    var schema: [SchemaElement] = []
    var rowCount = 0
    var rowGroups: [RowGroupMetadata] = []
    var keyValues: [KeyValue] = []
    var createdBy: String?
    /// Only then the bounds in statistics have a meaning.
    var hasTypeDefinedOrder = false
}

/// One entry of the metadata that a writer's caller puts into a file.
struct KeyValue {
    var key: String
    var value: String?
}

enum PhysicalType: Int {
    case boolean = 0
    case int32 = 1
    case int64 = 2
    case int96 = 3
    case float = 4
    case double = 5
    case byteArray = 6
    case fixedLengthByteArray = 7
}

enum LogicalType: Equatable {
    case string
    case map
    case list
    case enumeration
    case json
    case bson
    case uuid
    case date
    case decimal(scale: Int, precision: Int)
    case timestamp(isUTC: Bool, unit: TimeUnit)
    case integer(bitWidth: Int, isSigned: Bool)
    /// One that this library does not interpret; the number is its field in `parquet.thrift`.
    case other(Int)

    enum TimeUnit: Int {
        case milliseconds = 1
        case microseconds = 2
        case nanoseconds = 3
    }
}

enum ConvertedType {
    static let utf8 = 0
    static let map = 1
    /// MAP, and what some old writers put in its place.
    static let maps = 1...2
    static let list = 3
    static let enumeration = 4
    static let decimal = 5
    static let date = 6
    static let timestampMillis = 9
    static let timestampMicros = 10
    static let unsignedIntegers = 11...14
    static let signedIntegers = 15...18
    static let json = 19
    static let bson = 20
}

struct SchemaElement {
    var name = ""
    var physicalType: Int?
    var typeByteCount: Int?
    /// 0 required, 1 optional, 2 repeated.
    var repetition: Int?
    var childCount: Int?
    var convertedType: Int?
    var scale: Int?
    var precision: Int?
    var logicalType: LogicalType?
}

struct RowGroupMetadata {
    var columns: [ColumnChunkMetadata] = []
    var byteCount = 0
    var rowCount = 0
    var sortingColumns: [ParquetSortingColumn] = []
    var fileOffset: Int?
    var compressedByteCount: Int?
}

enum ValueEncoding: Int {
    case plain = 0
    case plainDictionary = 2
    case runLength = 3
    case bitPacked = 4
    case deltaBinaryPacked = 5
    case deltaLengthByteArray = 6
    case deltaByteArray = 7
    case runLengthDictionary = 8
    case byteStreamSplit = 9
}

enum CompressionCodec {
    static let uncompressed = 0
    static let zstd = 6
    static let names = ["UNCOMPRESSED", "SNAPPY", "GZIP", "LZO", "BROTLI", "LZ4", "ZSTD", "LZ4_RAW"]
}

struct ColumnChunkMetadata {
    var physicalType = 0
    var encodings: [Int] = []
    var path: [String] = []
    var codec = 0
    var valueCount = 0
    var uncompressedByteCount = 0
    var compressedByteCount = 0
    var dataPageOffset = 0
    var dictionaryPageOffset: Int?
    var statistics: EncodedStatistics?
    /// How many pages of which type have which encoding.
    var pageEncodings: [(page: Int, encoding: Int, count: Int)] = []
    var isElsewhere = false
    var isEncrypted = false
    var offsetIndexOffset: Int?
    var offsetIndexByteCount: Int?
    var columnIndexOffset: Int?
    var columnIndexByteCount: Int?
}

struct EncodedStatistics {
    var minimum: [UInt8]?
    var maximum: [UInt8]?
    var nullCount: Int?
    var isMinimumExact: Bool?
    var isMaximumExact: Bool?
}

enum PageType {
    static let data = 0
    static let dictionary = 2
    static let dataV2 = 3
}

/// Where one page lies, as the offset index says it.
struct PageLocation {
    var byteOffset: Int
    /// With the page's header.
    var byteCount: Int
    var firstRow: Int
}
