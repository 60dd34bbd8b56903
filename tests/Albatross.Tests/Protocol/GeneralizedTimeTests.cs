using System.Globalization;
using System.Text;
using Albatross.Protocol.Der;

namespace Albatross.Tests.Protocol;

public sealed class GeneralizedTimeTests
{
    [Theory]
    [InlineData("20230312234215Z", "2023-03-12T23:42:15.000")]
    [InlineData("20230312234215.042Z", "2023-03-12T23:42:15.042")]
    [InlineData("20230312234215.120Z", "2023-03-12T23:42:15.120")]
    [InlineData("20230312234215.000Z", "2023-03-12T23:42:15.000")]
    [InlineData("20230312234215.5Z", "2023-03-12T23:42:15.005")]
    [InlineData("20230312234215.12Z", "2023-03-12T23:42:15.012")]
    [InlineData("20230312234215.1234Z", "2023-03-12T23:42:15.123")]
    [InlineData("20230312234215.1239999Z", "2023-03-12T23:42:15.123")]
    [InlineData("20230312234215", "2023-03-12T23:42:15.000")]
    [InlineData("20230312234215.250", "2023-03-12T23:42:15.250")]
    [InlineData("20230312234215+0100", "2023-03-12T22:42:15.000")]
    [InlineData("20230312234215.250-0530", "2023-03-13T05:12:15.250")]
    [InlineData("202303122342Z", "2023-03-12T23:42:00.000")]
    [InlineData("202303122342", "2023-03-12T23:42:00.000")]
    [InlineData("202303122342+0100", "2023-03-12T22:42:00.000")]
    [InlineData("2023031223Z", "2023-03-12T23:00:00.000")]
    [InlineData("2023031223", "2023-03-12T23:00:00.000")]
    [InlineData("20230312234260Z", "2023-03-12T23:43:00.000")]
    [InlineData("20240229000000Z", "2024-02-29T00:00:00.000")]
    [InlineData("00010101000000Z", "0001-01-01T00:00:00.000")]
    [InlineData("99991231235959.999Z", "9999-12-31T23:59:59.999")]
    public void A_time_is_read_as_leniently_as_by_the_original(string text, string expected)
    {
        Assert.True(GeneralizedTime.TryParse(Encoding.ASCII.GetBytes(text), out DateTimeOffset instant));

        Assert.Equal(expected, instant.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff", CultureInfo.InvariantCulture));
    }

    [Theory]
    [InlineData("")]
    [InlineData("Z")]
    [InlineData("20230312")]
    [InlineData("230312234215Z")]                 // the form of UTCTime: month 12, day 23, hour 42
    [InlineData("20230229000000Z")]
    [InlineData("20231312000000Z")]
    [InlineData("20230012000000Z")]
    [InlineData("20230300000000Z")]
    [InlineData("20230312240000Z")]
    [InlineData("20230312236000Z")]
    [InlineData("20230312234261Z")]
    [InlineData("20230312234215,5Z")]
    [InlineData("20230312234215.Z")]
    [InlineData("20230312234215.12345678Z")]      // eight digits
    [InlineData("20230312234215.1234")]           // could be .123 and a zone that begins with 4
    [InlineData("20230312234215.1234+0100")]
    [InlineData("2023031223.5Z")]
    [InlineData("20230312234215Z1")]
    [InlineData("20230312234215ZZ")]
    [InlineData("20230312234215z")]
    [InlineData("20230312234215+01")]
    [InlineData("20230312234215+01000")]
    [InlineData("20230312234215+2400")]
    [InlineData("20230312234215+0060")]
    [InlineData("2023031223421Z")]
    [InlineData(" 0230312234215Z")]
    [InlineData("+0230312234215Z")]
    [InlineData("00000101000000Z")]               // the year 0, which DateTimeOffset does not have
    [InlineData("00010101000000+0001")]
    [InlineData("99991231235960Z")]
    [InlineData("99991231235959-0001")]
    public void A_time_out_of_range_or_of_another_form_is_refused(string text) =>
        Assert.False(GeneralizedTime.TryParse(Encoding.ASCII.GetBytes(text), out _));

    [Theory]
    [InlineData("2023-03-12T23:42:15", "20230312234215Z")]
    [InlineData("2023-03-12T23:42:15.120", "20230312234215.120Z")]
    [InlineData("2023-03-12T23:42:15.1239999", "20230312234215.123Z")]
    [InlineData("2023-03-12T23:42:15.0000001", "20230312234215.000Z")]
    [InlineData("2023-03-12T23:42:15+01:00", "20230312224215Z")]
    [InlineData("0001-01-01T00:00:00", "00010101000000Z")]
    [InlineData("1969-12-31T23:59:59.5", "19691231235959.500Z")]
    public void A_time_is_written_in_UTC_with_three_digits_or_none(string instant, string expected) =>
        Assert.Equal(
            expected,
            GeneralizedTime.Format(DateTimeOffset.Parse(instant, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal)));
}
