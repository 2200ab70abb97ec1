/// The forms of the sentences that refusals use, each in English and in Vietnamese; longer forms before their
/// beginnings.
extension VietnameseSentence {
    /// What a schema finds.
    static let schemaForms: [(String, String)] = [
        ("{} is {} ({}), the type must be {}", "{0} có giá trị {1} (kiểu {2}), trong khi phải là kiểu {3}"),
        ("{} is {}, allowed are {}", "{0} có giá trị {1}, chỉ chấp nhận một trong các giá trị {2}"),
        ("{} is {}, allowed is {}", "{0} có giá trị {1}, chỉ chấp nhận giá trị {2}"),
        ("{} is {}, it must be greater than {}", "{0} có giá trị {1}, phải lớn hơn {2}"),
        ("{} is {}, it must be less than {}", "{0} có giá trị {1}, phải nhỏ hơn {2}"),
        ("{} is {}, the minimum is {}", "{0} có giá trị {1}, nhỏ hơn mức tối thiểu là {2}"),
        ("{} is {}, the maximum is {}", "{0} có giá trị {1}, lớn hơn mức tối đa là {2}"),
        ("{} is {}, which is not a multiple of {}", "{0} có giá trị {1}, không phải bội số của {2}"),
        ("{} has {} characters, the minimum is {}", "{0} có {1} ký tự, ít nhất phải là {2}"),
        ("{} has {} characters, the maximum is {}", "{0} có {1} ký tự, nhiều nhất là {2}"),
        ("{} is {}, which does not match the pattern {}", "{0} có giá trị {1}, không khớp với mẫu {2}"),
        ("{} is {}, which is no {}", "{0} có giá trị {1}, không đúng định dạng {2}"),
        ("{} lacks the member '{}', which '{}' requires", "{0} thiếu trường '{1}', là trường mà '{2}' đòi hỏi"),
        ("{} lacks the member '{}'", "{0} thiếu trường bắt buộc '{1}'"),
        ("{} is a member that the schema does not know", "{0} là trường mà lược đồ không có"),
        ("{} is an element more than the schema allows", "{0} là phần tử thừa so với lược đồ"),
        ("{} is not allowed", "{0} không được phép có mặt"),
        ("{} has {} members, the minimum is {}", "{0} có {1} trường, ít nhất phải là {2}"),
        ("{} has {} members, the maximum is {}", "{0} có {1} trường, nhiều nhất là {2}"),
        ("{} has {} elements, the minimum is {}", "{0} có {1} phần tử, ít nhất phải là {2}"),
        ("{} has {} elements, the maximum is {}", "{0} có {1} phần tử, nhiều nhất là {2}"),
        ("{} has an element twice: {}", "{0} có một phần tử lặp lại: {1}"),
        ("{} has an element twice", "{0} có một phần tử lặp lại"),
        (
            "{} must contain at least {} and at most {} elements of the schema under 'contains'",
            "{0} phải có từ {1} đến {2} phần tử theo lược đồ ở 'contains'"
        ),
        (
            "{} must contain at least {} elements of the schema under 'contains'",
            "{0} phải có ít nhất {1} phần tử theo lược đồ ở 'contains'"
        ),
        ("{} fits none of the schemas under 'anyOf'", "{0} không khớp với lược đồ nào trong 'anyOf'"),
        (
            "{} must fit exactly one of the schemas under 'oneOf'",
            "{0} phải khớp với đúng một lược đồ trong 'oneOf'"
        ),
        ("{} fits the schema under 'not', which it must not", "{0} khớp với lược đồ trong 'not', điều không được phép"),
        ("{} is nested too deep in references of the schema", "{0} lồng quá sâu trong các tham chiếu của lược đồ"),
        ("{} is the name of two members of one object", "{0} là tên của hai trường trong cùng một đối tượng"),
        (
            "{} takes more than {} steps to check, the limit for its size, so whether it is valid was not decided",
            "việc kiểm tra {0} cần hơn {1} bước, là giới hạn theo kích thước, nên chưa xác định được có hợp lệ hay không"
        ),
        ("{} is not valid", "{0} không hợp lệ"),
        ("{} has more digits than its column holds", "{0} có nhiều chữ số hơn mức lưu được"),
        ("{} is not written as its format asks", "{0} không được viết đúng định dạng"),
        ("{} has a type that its column does not hold", "{0} có kiểu dữ liệu không lưu được"),
    ]

    /// What the text, the clock and the topic give reason for.
    static let textForms: [(String, String)] = [
        ("the payload is empty", "bản tin rỗng"),
        ("the text is empty", "văn bản rỗng"),
        ("the array holds no reading", "mảng không có số đo nào"),
        ("the array holds nothing", "mảng rỗng"),
        ("the message holds no reading", "bản tin không có số đo nào"),
        ("the payload has {} bytes, the limit is {}", "bản tin có {0} byte, giới hạn là {1}"),
        ("the text has {} bytes, the limit is {}", "văn bản có {0} byte, giới hạn là {1}"),
        ("the text is not a JSON document", "văn bản không phải JSON"),
        ("arrays and objects are nested deeper than {}", "mảng và đối tượng lồng sâu hơn {0} mức"),
        ("there is no such escape", "không có ký tự thoát nào như vậy"),
        ("this escape is half a surrogate pair", "ký tự thoát này chỉ là một nửa của cặp thay thế"),
        ("this integer lies outside -2^63 ..< 2^64", "số nguyên này nằm ngoài khoảng -2^63 đến 2^64"),
        ("this number is larger than a double holds", "số này lớn hơn mức mà số thực 64 bit biểu diễn được"),
        (
            "a control character must be escaped inside a string",
            "ký tự điều khiển trong chuỗi phải được viết bằng ký tự thoát"
        ),
        ("a number has no leading zeros", "số không được bắt đầu bằng số 0 thừa"),
        ("the bytes here are not UTF-8", "các byte ở đây không phải UTF-8"),
        ("the name of {} stands more than once in its object", "tên trường {0} xuất hiện nhiều lần trong đối tượng"),
        ("the member \"{}\" stands more than once in its object", "trường \"{0}\" xuất hiện nhiều lần trong đối tượng"),
        ("the text ends where {} should be", "văn bản kết thúc ở chỗ phải có {0}"),
        ("the text ends {}", "văn bản kết thúc {0}"),
        ("expected an object, found {}", "phải là một đối tượng, nhưng lại là {0}"),
        ("expected {}, found {}", "phải có {0}, nhưng lại gặp {1}"),
        ("the reading has no time at {}", "số đo không có thời gian ở {0}"),
        (
            "the message tells version {} of the schema; there are {}",
            "bản tin ghi phiên bản lược đồ {0}; hiện có các phiên bản {1}"
        ),
        (
            "the reading's time {} is more than {} ahead of its arrival at {}",
            "thời gian {0} của số đo đi trước lúc nhận ({2}) hơn {1}: đồng hồ của thiết bị chạy nhanh"
        ),
        (
            "the reading's time {} is more than {} before its arrival at {}",
            "thời gian {0} của số đo lùi lại trước lúc nhận ({2}) hơn {1}"
        ),
        ("no stream takes the topic {}", "không luồng dữ liệu nào nhận chủ đề {0}"),
    ]

    /// What payload formats and mappings give reason for.
    static let payloadForms: [(String, String)] = [
        ("{} (the byte is counted in the expanded payload)", "{0s} (byte được đếm trong bản tin đã giải nén)"),
        ("the text in it is no JSON: {}", "văn bản bên trong không phải JSON: {0s}"),
        (
            "the payload holds more than {} records; from here on none is read",
            "bản tin có nhiều hơn {0} bản ghi; từ đây trở đi không đọc nữa"
        ),
        (
            "the records of the payload have more than {} bytes of text; from here on none is read",
            "các bản ghi của bản tin dài hơn {0} byte; từ đây trở đi không đọc nữa"
        ),
        ("the payload expands to more than {} bytes", "bản tin giải nén ra nhiều hơn {0} byte"),
        ("the compressed data is damaged: {}", "dữ liệu nén bị hỏng: {0}"),
        ("the {} data ends within a frame", "dữ liệu {0} bị cắt cụt"),
        ("{} bytes follow the compressed data", "có {0} byte thừa sau dữ liệu nén"),
        (
            "{} is none of the values that the mapping of this source lists: {}",
            "{0} không có trong các giá trị của ánh xạ: {1}"
        ),
        (
            "{} is no number, and the mapping of this source computes with it",
            "{0} không phải là số, mà ánh xạ của nguồn này cần tính toán với nó"
        ),
        (
            "{}, converted, is larger than a double holds",
            "{0} sau khi đổi lớn hơn mức mà số thực 64 bit biểu diễn được"
        ),
        (
            "{} is no time as RFC 3339 writes them, such as {}",
            "{0} không phải là thời gian theo RFC 3339, ví dụ {1}"
        ),
        (
            "{} is a time without a zone, and the mapping does not say which one is meant",
            "{0} là thời gian không có múi giờ, và ánh xạ không cho biết múi giờ nào"
        ),
        (
            "{} is a number, and the mapping does not say its unit: {}",
            "{0} là một số, và ánh xạ không cho biết đơn vị thời gian: {1}"
        ),
        ("{} lies outside the years 0000 to 9999", "{0} nằm ngoài các năm từ 0000 đến 9999"),
        ("the time lies outside of the years 0000 to 9999", "thời gian nằm ngoài các năm từ 0000 đến 9999"),
        ("{} is no time", "{0} không phải là thời gian"),
        ("NaN and infinity are no values of a reading", "NaN và vô cực không phải là giá trị của số đo"),
        ("the payload is nested deeper than {} levels", "bản tin lồng sâu hơn {0} mức"),
        ("the payload ends within a data item", "bản tin kết thúc giữa một phần tử dữ liệu"),
        ("{} bytes follow the data item", "có {0} byte thừa sau phần tử dữ liệu"),
        ("the text is not UTF-8", "văn bản không phải UTF-8"),
        ("the map has this key more than once", "khóa này xuất hiện nhiều lần"),
        ("a SenML pack is an array", "gói SenML phải là một mảng"),
        ("a record of a SenML pack is an object", "bản ghi của gói SenML phải là một đối tượng"),
        ("the pack holds no measurement", "gói không có số đo nào"),
        ("the record has no value", "bản ghi không có giá trị"),
        ("the record has no name", "bản ghi không có tên"),
        (
            "the base value at {} could not be read, and applies here",
            "không đọc được giá trị cơ sở ở {0}, là giá trị áp dụng ở đây"
        ),
        (
            "the device has this value more than once for the same time",
            "thiết bị gửi giá trị này nhiều lần cho cùng một thời điểm"
        ),
        (
            "only the birth certificate tells what the alias {} stands for",
            "chỉ bản tin khai sinh (birth) mới cho biết bí danh {0} nghĩa là gì; hãy gửi lại bản tin khai sinh"
        ),
        (
            "only the birth certificate tells the data type of this metric",
            "chỉ bản tin khai sinh (birth) mới cho biết kiểu dữ liệu của đại lượng này; hãy gửi lại bản tin khai sinh"
        ),
        (
            "the topic is not spBv1.0/group/type/edge or …/device",
            "chủ đề không có dạng spBv1.0/nhóm/loại/nút hoặc …/thiết bị"
        ),
        ("the message is a command", "bản tin là một lệnh, không có số đo"),
        ("the protobuf message ends within a field", "bản tin protobuf kết thúc giữa một trường"),
        (
            "the payload is no protobuf message of this kind: {}",
            "bản tin không phải là thông điệp protobuf loại này: {0}"
        ),
        (
            "this is {} of ChirpStack (event {}), and the source takes only {}",
            "đây là sự kiện {1} của ChirpStack, trong khi nguồn này chỉ nhận {2}"
        ),
        (
            "this message of The Things Stack is a {} (event {}), and the source takes only {}",
            "đây là sự kiện {1} của The Things Stack, trong khi nguồn này chỉ nhận {2}"
        ),
        ("/{}: {}", "/{0}: {1s}"),
    ]
}
