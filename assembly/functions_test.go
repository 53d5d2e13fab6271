package assembly_test

import (
	"strings"
	"testing"
)

// surroundings has what the functions of a test refer to.
const surroundings = `
Parameters:
  Text: {Type: String, Default: abc}
  Number: {Type: Number, Default: 42}
  Items: {Type: CommaDelimitedList, Default: "a, b,c"}
  Unset: {Type: String}
  UnsetItems: {Type: CommaDelimitedList}
  Secret: {Type: String, NoEcho: true, Default: hidden}
  Looked: {Type: "AWS::SSM::Parameter::Value<String>", Default: /x}
  Named: {Type: "AWS::SSM::Parameter::Name", Default: /x}
  Zones: {Type: "List<AWS::EC2::AvailabilityZone::Name>", Default: "us-west-2a,us-west-2b"}
  Password: {Type: String, Default: "{{resolve:ssm-secure:pw:1}}"}
Mappings:
  Images:
    us-west-2: {Arm: ami-1, List: [x, y]}
    eu-west-1: {Arm: ami-2}
Conditions:
  Holds: !Equals [a, a]
  Fails: !Equals [a, b]
  Maybe: !Equals [!Ref Unset, x]
Resources:
  Bucket: {Type: AWS::S3::Bucket}
  Role: {Type: AWS::IAM::Role, Properties: {RoleName: reader, Path: /app/}}
  Logs: {Type: AWS::Logs::LogGroup}
  Macro: {Type: AWS::S3::Bucket, Properties: {BucketName: [x]}}
  Gone: {Type: AWS::S3::Bucket, Condition: Fails}
  Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}
  X:
    Type: Custom::X
    Properties:
      V: `

func TestFunctions(t *testing.T) {
	for expression, expected := range map[string]string{
		// Ref
		`!Ref Text`:                  `"abc"`,
		`!Ref Number`:                `"42"`,
		`!Ref Items`:                 `["a","b","c"]`,
		`!Ref Zones`:                 `["us-west-2a","us-west-2b"]`,
		`!Ref Unset`:                 `"‹S.Unset›"`,
		`!Ref UnsetItems`:            `"‹S.UnsetItems›"`,
		`!Ref Secret`:                `"‹S.Secret›"`,
		`!Ref Looked`:                `"‹S.Looked›"`,
		`!Ref Named`:                 `"/x"`,
		`!Ref Password`:              `"‹resolve ssm-secure.pw.1 111122223333 us-west-2#›"`,
		`!Ref Bucket`:                `"‹S.Bucket›"`,
		`!Ref Role`:                  `"reader"`,
		`!Ref AWS::AccountId`:        `"111122223333"`,
		`!Ref AWS::Region`:           `"us-west-2"`,
		`!Ref AWS::Partition`:        `"aws"`,
		`!Ref AWS::URLSuffix`:        `"amazonaws.com"`,
		`!Ref AWS::StackName`:        `"S"`,
		`!Ref AWS::StackId`:          `"arn:aws:cloudformation:us-west-2:111122223333:stack/S/‹S.AWS..StackId›"`,
		`!Ref AWS::NotificationARNs`: `"‹S.AWS..NotificationARNs›"`,
		`{Ref: !Sub "${Text}"}`:      `"‹S.abc›"`, // found, but nothing is called so
		`{Ref: !Ref Unset}`:          `"‹Ref S S.Unset#›"`,
		// Fn::GetAtt
		`!GetAtt Bucket.Arn`:                         `"arn:aws:s3:::‹S.Bucket›"`,
		`!GetAtt [Role, Arn]`:                        `"arn:aws:iam::111122223333:role/app/reader"`,
		`{"Fn::GetAtt": [Role, !Select [0, [Arn]]]}`: `"arn:aws:iam::111122223333:role/app/reader"`,
		`!GetAtt Role.RoleId`:                        `"‹S.Role.RoleId›"`,
		`!GetAtt Vpc.CidrBlock`:                      `"10.0.0.0/16"`,
		`!GetAtt X.Some.Thing`:                       `"‹S.X.Some.Thing›"`,
		`!GetAtt [Role, !Ref Unset]`:                 `"‹GetAtt S Role S.Unset#›"`,
		// Fn::Join
		`!Join [":", [a, 1, true, !Ref Bucket]]`:              `"a:1:true:‹S.Bucket›"`,
		`!Join ["", []]`:                                      `""`,
		`!Join [",", !Ref Items]`:                             `"a,b,c"`,
		`!Join [",", !Ref UnsetItems]`:                        `"‹Join . S.UnsetItems#›"`,
		`!Join [",", [a, !Ref AWS::NoValue, b]]`:              `"a,b"`,
		`!Join [",", [a, !If [Maybe, x, !Ref AWS::NoValue]]]`: `"‹Join . a.If S Maybe x AWS..NoValue#…#›"`,
		// Fn::Sub
		`!Sub "${Text}-${AWS::Region}-${Bucket}-${Bucket.Arn}-${!Literal}-$"`: `"abc-us-west-2-‹S.Bucket›-arn:aws:s3:::‹S.Bucket›-${Literal}-$"`,
		`!Sub ["${a}/${Text}/${a}", {a: !GetAtt Role.Arn}]`:                   `"arn:aws:iam::111122223333:role/app/reader/abc/arn:aws:iam::111122223333:role/app/reader"`,
		`!Sub ["${Text}", {Text: mine}]`:                                      `"mine"`,
		`!Sub ["${n}", {n: 007}]`:                                             `"007"`,
		`!Sub "unfinished ${"`:                                                `"unfinished ${"`,
		`!Sub "${ Text }"`:                                                    `"abc"`,
		`!Sub ["a${n}b", {n: !If [Maybe, x, !Ref AWS::NoValue]}]`:             `"‹Sub a$nb If S Maybe x AWS..NoValue##›"`,
		// Fn::Select and Fn::Split
		`!Select [1, [a, b]]`:                                  `"b"`,
		`!Select ["1", !Ref Items]`:                            `"b"`,
		`!Select [0, !Ref UnsetItems]`:                         `"‹Select 0 S.UnsetItems#›"`,
		`!Select [!Ref Unset, [a, b]]`:                         `"‹Select S.Unset a.b#›"`,
		`!Select [1, [!If [Maybe, x, !Ref AWS::NoValue], b]]`:  `"‹Select 1 If S Maybe x AWS..NoValue#.b#›"`,
		`!Select [0, [!If [Maybe, x, !Ref AWS::NoValue], b]]`:  `"‹Select 0 If S Maybe x AWS..NoValue#.b#›"`,
		`!Split ["/", !Ref Logs]`:                              `"‹Split . S.Logs#›"`,  // a made up name may have a slash here
		`!Split [":", !Ref Macro]`:                             `"‹Split . S.Macro#›"`, // a macro may give it any name
		`!Select [0, [a, !If [Maybe, x, !Ref AWS::NoValue]]]`:  `"a"`,
		`!Select [5, !Split [":", !GetAtt Bucket.Arn]]`:        `"‹S.Bucket›"`,
		`!Select [1, !Split ["/", !GetAtt Role.Arn]]`:          `"app"`,
		`!Split [",", "a,b, c"]`:                               `["a","b"," c"]`,
		`!Split [",", ""]`:                                     `[""]`,
		`!Split ["-", !Ref Bucket]`:                            `"‹Split - S.Bucket#›"`, // a made up name has hyphens
		`!Split [":", !Ref Unset]`:                             `"‹Split . S.Unset#›"`,
		`!Split ["||", !Join ["||", [!Ref Bucket, !Ref Vpc]]]`: `["‹S.Bucket›","‹S.Vpc›"]`,
		`!Select [0, !Split [":", !Ref Unset]]`:                `"‹Select 0 Split . S.Unset##›"`,
		// Fn::If
		`!If [Holds, a, b]`:                            `"a"`,
		`!If [Fails, a, b]`:                            `"b"`,
		`!If [Maybe, a, b]`:                            `"‹If S Maybe a b#›"`,
		`!If [Maybe, [a, !Ref Text], [a, abc]]`:        `["a","abc"]`,
		`{P: !If [Fails, a, !Ref AWS::NoValue], Q: q}`: `{"Q":"q"}`,
		`[a, !If [Holds, !Ref AWS::NoValue, b], c]`:    `["a","c"]`,
		// Fn::FindInMap
		`!FindInMap [Images, !Ref AWS::Region, Arm]`:                              `"ami-1"`,
		`!FindInMap [Images, us-west-2, List]`:                                    `["x","y"]`,
		`!FindInMap [Images, !Ref Unset, Arm]`:                                    `"‹FindInMap S Images S.Unset Arm #›"`,
		`{"Fn::FindInMap": [Images, ap-south-1, Arm, {DefaultValue: !Ref Text}]}`: `"abc"`,
		// others
		`!Base64 hello`:                                        `"aGVsbG8="`,
		`!Base64 {Ref: Unset}`:                                 `"‹Base64 S.Unset#›"`,
		`!GetAZs ""`:                                           `"‹GetAZs 111122223333 us-west-2#›"`,
		`!GetAZs us-east-1`:                                    `"‹GetAZs 111122223333 us-east-1#›"`,
		`!Select [0, !GetAZs ""]`:                              `"‹Select 0 GetAZs 111122223333 us-west-2##›"`,
		`!Cidr [192.168.0.0/24, 3, 5]`:                         `["192.168.0.0/27","192.168.0.32/27","192.168.0.64/27"]`,
		`!Cidr [!GetAtt Vpc.CidrBlock, 2, "8"]`:                `["10.0.0.0/24","10.0.1.0/24"]`,
		`!Cidr ["2001:db8::/56", 2, 64]`:                       `["2001:db8::/64","2001:db8:0:1::/64"]`,
		`!Cidr [!Ref Unset, 2, 8]`:                             `"‹Cidr S.Unset 2 8#›"`,
		`!Length [a, b, c]`:                                    `3`,
		`!Length {Ref: Items}`:                                 `3`,
		`!Length {Ref: UnsetItems}`:                            `"‹Length S.UnsetItems#›"`,
		`!Length [!If [Maybe, x, !Ref AWS::NoValue]]`:          `"‹Length If S Maybe x AWS..NoValue##›"`,
		`!ToJsonString {b: 1, a: [true, "x\"y", !Ref Bucket]}`: `"{\"a\":[true,\"x\\\"y\",\"‹S.Bucket›\"],\"b\":1}"`,
		`!ToJsonString {a: !Ref Unset}`:                        `"‹ToJsonString a.S.Unset#›"`,
		`!ImportValue elsewhere`:                               `"‹ImportValue elsewhere 111122223333 us-west-2#›"`,
		`!ImportValue {"Fn::Sub": "${Unset}:Arn"}`:             `"‹ImportValue S.Unset.Arn 111122223333 us-west-2#›"`,
		// dynamic references
		`"a-{{resolve:secretsmanager:db:SecretString:password}}-b"`:        `"a-‹resolve secretsmanager.db.SecretString.password 111122223333 us-we#…#›-b"`,
		`!Join ["", ["{{resolve:secretsmanager:", !Ref Bucket, "::::}}"]]`: `"‹resolve secretsmanager.S.Bucket.... 111122223333 us-west-2#›"`,
		`"{{resolve:ssm:/a}}{{resolve:ssm:/b}}{{other}}"`:                  `"‹resolve ssm..a 111122223333 us-west-2#›‹resolve ssm..b 111122223333 us-west-2#›{{other}}"`,
		`"{{resolve:ssm:/a"`: `"{{resolve:ssm:/a"`,
		// not functions
		`{Ref: [a]}`:                     `{"Ref":["a"]}`,
		`{Ref: Text, Other: 1}`:          `{"Other":1,"Ref":"Text"}`,
		`{Condition: Holds}`:             `{"Condition":"Holds"}`,
		`[012345678901, 1e3, 1.0, null]`: `["012345678901",1e3,1.0,null]`,
	} {
		t.Run(expression, func(t *testing.T) {
			a := mustLoadYAML(t, surroundings+expression)
			found := show(resource(t, a, "X").Properties["V"])
			if strings.Contains(expected, "#…") { // where a name was cut
				expected, found = expected[:strings.Index(expected, "#…")-12], found[:min(len(found), strings.Index(expected, "#…")-12)]
			}
			if found != expected {
				t.Errorf("found    %s\nexpected %s\n%s", found, expected, notes(a))
			}
		})
	}
}
